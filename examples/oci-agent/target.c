// SPDX-License-Identifier: GPL-2.0
/*
 * What a task has in its memory and its /proc. All of it may change while we
 * look, or be another task's by now: it is what the policy sees and what the
 * kernel is told to do, and a notification whose task has gone takes no answer.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
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

/* The last number of a line is that of the innermost namespace. */
static pid_t last_number(const char *status, const char *key)
{
	const char *line = strstr(status, key), *end, *tab;
	pid_t pid = 0;

	if (!line)
		return 0;
	line++;
	end = strchrnul(line, '\n');
	for (tab = line; tab < end; tab++)
		if (*tab == '\t' && sscanf(tab, "%d", &pid) != 1)
			return 0;
	return pid;
}

int read_ids(const struct call *call, struct ids *ids)
{
	char file[32], status[4096];
	const char *uids;
	ssize_t n;
	int fd;

	snprintf(file, sizeof(file), "/proc/%d/status", call->req->pid);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, status, sizeof(status) - 1);
	close(fd);
	status[n > 0 ? n : 0] = 0;
	ids->tgid = last_number(status, "\nNStgid:");
	ids->tid = last_number(status, "\nNSpid:");
	uids = strstr(status, "\nUid:");
	if (!ids->tgid || !ids->tid || !uids ||
	    sscanf(uids, "\nUid: %*u %*u %*u %u", &ids->fsuid) != 1)
		return -ESRCH;
	return 0;
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
