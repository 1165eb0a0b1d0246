// SPDX-License-Identifier: GPL-2.0
/*
 * What a task has in its memory and its /proc. All of it may change while we
 * look, or be another task's by now: it is what the policy sees and what the
 * kernel is told to do, and a notification whose task has gone takes no answer.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "agent.h"

static ssize_t read_part(const struct call *call, __u64 addr, void *to, size_t len)
{
	struct iovec here = { to, len }, there = { (void *)(uintptr_t)addr, len };
	ssize_t n = process_vm_readv(call->req->pid, &here, 1, &there, 1, 0);

	if (n < 0 && errno != EFAULT)
		return -errno;
	return n > 0 ? n : -EFAULT;
}

int read_memory(const struct call *call, __u64 addr, void *to, size_t len)
{
	ssize_t n = len ? read_part(call, addr, to, len) : 0;

	if (n < 0)
		return n;
	return (size_t)n == len ? 0 : -EFAULT;
}

/* Strings often lie side by side: read the page of @addr unless it was the last. */
static int read_page(struct call *call, __u64 addr)
{
	__u64 page_addr = addr - addr % sizeof(call->page);
	int error = 0;

	if (call->page_addr != page_addr) {
		error = read_memory(call, page_addr, call->page, sizeof(call->page));
		call->page_addr = error ? NO_PAGE : page_addr;
	}
	return error;
}

/* With its NUL, in @size bytes. Returns the length without. */
ssize_t read_string(struct call *call, __u64 addr, char *to, size_t size, int too_long)
{
	size_t got, in, part;
	char *end;
	int error;

	for (got = 0; got < size; got += part) {
		error = read_page(call, addr + got);
		if (error)
			return error;
		in = (addr + got) % sizeof(call->page);
		part = sizeof(call->page) - in;
		if (part > size - got)
			part = size - got;
		end = memccpy(to + got, call->page + in, 0, part);
		if (end)
			return end - 1 - to;
	}
	return -too_long;
}

char *keep_bytes(struct call *call, __u64 addr, size_t len, int *error)
{
	char *to = call->text + call->text_used;

	*error = -E2BIG;
	if (len > sizeof(call->text) - call->text_used)
		return NULL;
	*error = read_memory(call, addr, to, len);
	if (*error)
		return NULL;
	call->text_used += len;
	return to;
}

char *keep_string(struct call *call, __u64 addr, size_t max, int too_long, int *error)
{
	size_t room = sizeof(call->text) - call->text_used;
	char *to = call->text + call->text_used;
	ssize_t n;

	n = read_string(call, addr, to, max < room ? max : room, too_long);
	*error = n < 0 ? n : 0;
	if (n < 0)
		return NULL;
	call->text_used += n + 1;
	return to;
}

/* Of each PID namespace, from that of the procfs inward. Returns how many. */
static int read_numbers(const char *text, pid_t *to)
{
	char *end;
	int n = 0;

	while (n < MAX_LEVELS) {
		to[n] = strtol(text, &end, 10);
		if (end == text)
			break;
		text = end;
		n++;
	}
	return n;
}

/* Takes over @fd. Lines can be long: a task may be of 65536 groups. */
static int read_status(int fd, struct ids *ids)
{
	FILE *file = fdopen(fd, "r");
	int tids = 0, uids = 0;
	char *line = NULL;
	size_t size = 0;

	ids->levels = 0;
	while (file && getline(&line, &size, file) > 0) {
		if (!strncmp(line, "NStgid:", 7))
			ids->levels = read_numbers(line + 7, ids->tgid);
		else if (!strncmp(line, "NSpid:", 6))
			tids = read_numbers(line + 6, ids->tid);
		else if (!strncmp(line, "Uid:", 4))
			uids = sscanf(line, "Uid: %*u %*u %*u %u", &ids->fsuid);
	}
	free(line);
	if (file)
		fclose(file);
	else
		close(fd);
	return ids->levels && tids == ids->levels && uids == 1 ? 0 : -ESRCH;
}

int read_ids(const struct call *call, struct ids *ids)
{
	char file[32];
	int fd;

	snprintf(file, sizeof(file), "/proc/%d/status", call->req->pid);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : read_status(fd, ids);
}

/*
 * It shows a task by its numbers of the levels from its own on. What can't be
 * found out is taken to be the innermost, which is where most have mounted one.
 */
int level_of_proc(int root, const struct ids *ids)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS,
	};
	struct ids there;
	char file[32];
	int level, fd;

	for (level = 0; level < ids->levels - 1; level++) {
		snprintf(file, sizeof(file), "%d/status", ids->tgid[level]);
		fd = syscall(SYS_openat2, root, file, &how, sizeof(how));
		if (fd >= 0 && !read_status(fd, &there) &&
		    there.levels == ids->levels - level &&
		    !memcmp(there.tgid, ids->tgid + level, there.levels * sizeof(pid_t)))
			break;
	}
	return level;
}

int open_root(const struct call *call)
{
	char link[32];
	int fd;

	snprintf(link, sizeof(link), "/proc/%d/root", call->req->pid);
	fd = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int read_link(const char *link, char *to, size_t size)
{
	ssize_t n = readlink(link, to, size);

	if (n < 0)
		return -errno;
	if ((size_t)n == size)
		return -ENAMETOOLONG;
	to[n] = 0;
	return 0;
}

/*
 * The kernel shows us paths from the root of the container's mount namespace,
 * or from ours if it is in ours, and the container may have a root below that.
 */
int seen_from_root(const struct call *call, char *path)
{
	char link[32], root[PATH_MAX];
	size_t len;
	int error;

	snprintf(link, sizeof(link), "/proc/%d/root", call->req->pid);
	error = read_link(link, root, sizeof(root));
	if (error)
		return error;
	if (*path != '/' || !strcmp(root, "/"))
		return 0;
	if (!beneath(root, path))
		return -ENOENT;
	len = strlen(root);
	if (path[len])
		memmove(path, path + len, strlen(path + len) + 1);
	else
		strcpy(path, "/");
	return 0;
}

int read_proc_link(const struct call *call, const char *link, char *to, size_t size)
{
	char path[64];
	int error;

	snprintf(path, sizeof(path), "/proc/%d/%s", call->req->pid, link);
	error = read_link(path, to, size);
	return error ?: seen_from_root(call, to);
}
