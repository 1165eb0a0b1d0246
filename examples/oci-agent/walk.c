// SPDX-License-Identifier: GPL-2.0
/*
 * From the path that a task gave to a name that means the same: absolute, seen
 * from the task's root, without symbolic links, "." and "..".
 *
 * The policy decides on that name, and that name runs. Whatever moves while we
 * walk can make it the name of something else, never make something else of
 * the name: it is no more than a proposal. Where it does not exist the rest is
 * taken by its text: what the task gets to hear then is up to the kernel. Where
 * we may not search, which the task perhaps may, text is a name only for calls
 * that follow no link in it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent.h"

/* Of a mount like that the kernel follows no link at all. */
#ifndef ST_NOSYMFOLLOW
#define ST_NOSYMFOLLOW	0x2000
#endif

#define MAX_LINKS	40
/* 40 links have no more parts, but a ".." has all above looked up again. */
#define MAX_LOOKS	(MAX_LINKS * PATH_MAX / 2)
#define IN_ROOT		(RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH)

struct walk {
	const struct call *call;
	int root;
	int dir;			/* what the next component lies in, or -1: not open */
	int flags;
	int links;
	int looks;			/* components that were looked up, again too */
	int lost;			/* why the rest is text, or 0 */
	bool have_ids;
	bool magic;			/* ended at a link to what has no name */
	bool dot;			/* ended with "." or ".." */
	bool slash;
	struct ids ids;
	char done[PATH_MAX];		/* "" is the root */
	char rest[3 * PATH_MAX];
};

/* Open the name @path beneath @root, and nothing else, to look at. */
static int look(int root, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
				.resolve = IN_ROOT };
	int fd;

	path += strspn(path, "/");
	fd = syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}

/* What @fd is mounted from, and how; zeros where that can't be found out. */
static struct statfs mount_of(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) ? (struct statfs){} : fs;
}

static void drop_last(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = 0;
}

static int append(char *path, const char *comp, size_t len)
{
	size_t at = strlen(path);

	if (at + 1 + len >= PATH_MAX)
		return -ENAMETOOLONG;
	path[at] = '/';
	memcpy(path + at + 1, comp, len);
	path[at + 1 + len] = 0;
	return 0;
}

/* The kernel's rule about links in directories like /tmp, which we bypass. */
static bool may_follow(struct walk *w, int link)
{
	struct stat at, dir;

	if (fstat(w->dir, &dir) || fstat(link, &at))
		return false;
	return (dir.st_mode & (S_ISVTX | S_IWOTH)) != (S_ISVTX | S_IWOTH) ||
	       at.st_uid == w->ids.fsuid || at.st_uid == dir.st_uid;
}

/* Is what the link @w->done of procfs leads to what @text names? */
static bool same_file(struct walk *w, const char *text)
{
	struct stat a, b;
	int fd, named;
	bool same;

	fd = mount_of(w->dir).f_type == PROC_SUPER_MAGIC ?
	     openat(w->dir, strrchr(w->done, '/') + 1, O_PATH | O_CLOEXEC) : -1;
	named = look(w->root, text);
	same = fd >= 0 && named >= 0 && !fstat(fd, &a) && !fstat(named, &b) &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
	if (fd >= 0)
		close(fd);
	if (named >= 0)
		close(named);
	return same;
}

/* Links of procfs that are ours where we read them: 1 if it is one. */
static int text_of_self(struct walk *w, const char *name, char *text)
{
	bool thread = !strcmp(name, "thread-self");
	int level;

	if (!thread && strcmp(name, "self"))
		return 0;
	level = level_of_proc(w->dir, &w->ids);
	snprintf(text, PATH_MAX, thread ? "%d/task/%d" : "%d", w->ids.tgid[level],
		 w->ids.tid[level]);
	return 1;
}

/* Does the kernel, too, take the link for one that is more than its text? */
static bool is_magic(struct walk *w, const char *name)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_NO_MAGICLINKS };
	int fd = syscall(SYS_openat2, w->dir, name, &how, sizeof(how));

	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == ELOOP;
}

/* Text of the link @w->done, which @fd is open on; @proc: it is one of procfs. */
static int link_text(struct walk *w, int fd, bool proc, char *text)
{
	const char *name = strrchr(w->done, '/') + 1;
	ssize_t n;
	int error;

	if (!w->have_ids) {
		error = read_ids(w->call, &w->ids);
		if (error)
			return error;
		w->have_ids = true;
	}
	if (proc && text_of_self(w, name, text))
		return 0;
	if (proc && w->flags & WALK_NO_MAGIC && is_magic(w, name))
		return -ELOOP;
	n = readlinkat(fd, "", text, PATH_MAX - 1);
	if (n < 0)
		return -errno;
	text[n] = 0;
	if (!proc)
		return may_follow(w, fd) ? 0 : -EACCES;
	if (*text == '/' && (seen_from_root(w->call, text) || !same_file(w, text)))
		w->magic = true;
	if (*text != '/' && strchr(text, ':'))
		w->magic = true;
	return 0;
}

/* @fd is open on what the next component lies in; -1 if nothing is. */
static void enter(struct walk *w, int fd)
{
	if (w->dir >= 0)
		close(w->dir);
	w->dir = fd;
}

/* Put the text of the link @w->done in its place, with @after behind it. */
static int follow(struct walk *w, int fd, const char *after)
{
	char text[PATH_MAX];
	size_t len, more = strlen(after);
	struct statfs fs = mount_of(fd);
	int error;

	if (w->flags & WALK_NO_LINKS || ++w->links > MAX_LINKS ||
	    fs.f_flags & ST_NOSYMFOLLOW)
		return -ELOOP;
	error = link_text(w, fd, fs.f_type == PROC_SUPER_MAGIC, text);
	if (error)
		return error;
	if (w->magic) {
		/* A name beneath what has none can't be had. */
		memmove(w->rest, after, more + 1);
		return after[strspn(after, "/")] ? -EACCES : 0;
	}
	len = strlen(text);
	if (!len)
		return -ENOENT;
	if (len + more >= sizeof(w->rest))
		return -ENAMETOOLONG;
	memmove(w->rest + len, after, more + 1);
	memcpy(w->rest, text, len);
	if (*text == '/') {
		*w->done = 0;
		enter(w, -1);
	} else {
		drop_last(w->done);
	}
	return 0;
}

/* Having met with @error at a component, do we go on by text? */
static bool by_text(const struct walk *w, int error, bool last)
{
	if (error == -EACCES)
		return w->flags & WALK_TEXT || (last && !w->call->row->follows);
	return error == -ENOENT || error == -ENOTDIR;
}

/* From the root for each component, a long path would take long. */
static int open_dir(struct walk *w)
{
	const char *p;

	if (w->dir < 0) {
		for (p = w->done; *p; p++)
			w->looks += *p == '/';
		if (w->looks < MAX_LOOKS)
			w->dir = look(w->root, w->done);
	}
	return ++w->looks > MAX_LOOKS ? -ELOOP : w->dir;
}

/* Take the component of @len bytes at @comp, which @after comes after. */
static int step(struct walk *w, const char *comp, size_t len, const char *after)
{
	bool last = !after[strspn(after, "/")];
	int error, fd, dir = w->lost ?: open_dir(w);
	struct stat st;

	error = append(w->done, comp, len);
	if (error)
		return error;
	fd = dir < 0 ? dir : look(dir, strrchr(w->done, '/'));
	if (by_text(w, fd, last)) {
		w->lost = fd;
		memmove(w->rest, after, strlen(after) + 1);
		return 0;
	}
	if (fd < 0)
		return fd;
	error = fstat(fd, &st) ? -errno : 0;
	if (!error && S_ISLNK(st.st_mode) &&
	    (!last || w->flags & WALK_FOLLOW || (*after && !(w->flags & WALK_ENTRY)))) {
		error = follow(w, fd, after);
		close(fd);
	} else {
		memmove(w->rest, after, strlen(after) + 1);
		enter(w, fd);
	}
	return error;
}

static int walk(struct walk *w)
{
	char *comp;
	size_t len;
	int error;

	while (!w->magic) {
		comp = w->rest + strspn(w->rest, "/");
		len = strcspn(comp, "/");
		if (!len)
			break;
		w->slash = comp[len] == '/';
		w->dot = *comp == '.' && (len == 1 || (len == 2 && comp[1] == '.'));
		if (w->dot) {
			/* There is no ".." of what is not there. */
			if (w->lost)
				return w->lost;
			if (len == 2) {
				drop_last(w->done);
				enter(w, -1);
			}
			memmove(w->rest, comp + len, strlen(comp + len) + 1);
			continue;
		}
		error = step(w, comp, len, comp + len);
		if (error)
			return error;
	}
	return 0;
}

/* Most paths are names already: one look tells. */
static bool is_name(struct walk *w)
{
	const char *p = w->rest;
	struct stat st;
	int fd;

	if (strlen(p) >= sizeof(w->done) || strstr(p, "//") || strstr(p, "/./") ||
	    strstr(p, "/../") || !p[1])
		return false;
	p = strrchr(p, '/');
	if (!p[1] || !strcmp(p, "/.") || !strcmp(p, "/.."))
		return false;
	fd = look(w->root, w->rest);
	if (fd < 0)
		return by_text(w, fd, false);
	if (fstat(fd, &st))
		st.st_mode = S_IFLNK;
	close(fd);
	return !S_ISLNK(st.st_mode) || !(w->flags & WALK_FOLLOW);
}

/* Is it a directory, or nothing at all? */
static int may_have_slash(struct walk *w)
{
	int fd = look(w->root, w->done), error = 0;
	struct stat st;

	if (fd < 0)
		return 0;
	if (fstat(fd, &st) || !S_ISDIR(st.st_mode))
		error = -ENOTDIR;
	close(fd);
	return error;
}

/*
 * "file/" is to fail as it would, and "dir/." is no name to remove. But a slash
 * at the end has a link followed, where the call would not refuse one.
 */
static int finish(struct walk *w, struct path *path)
{
	size_t len = strlen(w->done);
	const char *end = "";
	int error = 0;

	if (w->dot && w->flags & WALK_ENTRY)
		end = "/.";
	else if (!len || ((w->slash || w->dot) && w->flags & (WALK_ENTRY | WALK_SLASH)))
		end = "/";
	else if (w->slash && !w->magic)
		error = may_have_slash(w);
	if (len + strlen(end) >= sizeof(path->name))
		return -ENAMETOOLONG;
	memcpy(path->name, w->done, len);
	strcpy(path->name + len, w->magic ? "" : end);
	path->kind = w->magic ? MAGIC : NAMED;
	return error;
}

/* @path->asked, which begins at @start if it is relative. */
int resolve_text(struct call *call, struct path *path, const char *start, int flags)
{
	struct walk w;
	int error;

	w.call = call;
	w.flags = flags;
	w.links = w.looks = w.lost = 0;
	w.dir = -1;
	w.have_ids = w.magic = w.dot = w.slash = false;
	*w.done = 0;
	snprintf(w.rest, sizeof(w.rest), "%s%s%s", start, *start ? "/" : "", path->asked);
	w.root = open_root(call);
	if (w.root < 0)
		return w.root;
	if (is_name(&w)) {
		strcpy(w.done, w.rest);
		error = 0;
	} else {
		error = walk(&w);
	}
	if (!error)
		error = finish(&w, path);
	enter(&w, -1);
	close(w.root);
	return error;
}

/* What a descriptor is open on, by its name if it has one. */
static int resolve_descriptor(struct call *call, struct path *path, int fd)
{
	char link[32], proc[64], text[PATH_MAX];
	struct stat a, b;
	int root, named;

	if (fd == AT_FDCWD)
		strcpy(link, "cwd");
	else
		snprintf(link, sizeof(link), "fd/%d", fd);
	snprintf(proc, sizeof(proc), "/proc/%d/%s", call->req->pid, link);
	if (stat(proc, &a))
		return errno == ENOENT ? -EBADF : -errno;
	path->fd = fd;
	path->kind = DESCRIPTOR;
	root = open_root(call);
	if (root < 0)
		return root;
	named = read_proc_link(call, link, text, sizeof(text)) || *text != '/' ? -1 :
		look(root, text);
	close(root);
	if (named < 0) {
		snprintf(path->name, sizeof(path->name), "/proc/self/%s", link);
		return 0;
	}
	if (!fstat(named, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		path->kind = NAMED;
	strcpy(path->name, text);
	close(named);
	return 0;
}

int resolve(struct call *call, int i, int dirfd, __u64 addr, int flags)
{
	struct path *path = &call->path[i];
	char start[PATH_MAX] = "", link[32] = "cwd";
	ssize_t n = 0;
	int error;

	if (addr || !(flags & WALK_EMPTY))
		n = read_string(call, addr, path->asked, sizeof(path->asked),
				ENAMETOOLONG);
	else
		*path->asked = 0;
	if (n < 0)
		return n;
	call->paths = i + 1;
	if (!n)
		return flags & WALK_EMPTY ? resolve_descriptor(call, path, dirfd) : -ENOENT;
	if (*path->asked != '/') {
		if (dirfd != AT_FDCWD)
			snprintf(link, sizeof(link), "fd/%d", dirfd);
		error = read_proc_link(call, link, start, sizeof(start));
		if (error)
			return error == -ENOENT && dirfd != AT_FDCWD ? -EBADF : error;
		if (*start != '/')
			return -ENOTDIR;
	}
	return resolve_text(call, path, start, flags);
}

static bool is_mounted(int fd)
{
	struct statx stx;

	return !statx(fd, "", AT_EMPTY_PATH, 0, &stx) &&
	       stx.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/*
 * What has a name can't be exchanged if something is mounted on it, or if what
 * it lies in is mounted read-only. Of the end of @name it matters where a link
 * that were there would be followed.
 */
int parents_fixed(const struct call *call, const char *name)
{
	int root = open_root(call), fd, error = root < 0 ? root : 0;
	bool fixed = !call->row->follows;
	char path[PATH_MAX];
	size_t len;

	strcpy(path, name);
	for (len = strlen(path); len && path[len - 1] == '/'; len--)
		path[len - 1] = 0;
	if (!error && !fixed) {
		fd = look(root, path);
		fixed = fd >= 0 && is_mounted(fd);
		if (fd >= 0)
			close(fd);
	}
	while (!error && *path) {
		drop_last(path);
		fd = look(root, path);
		if (fd < 0)
			error = fd;
		else if (!fixed && !(mount_of(fd).f_flags & ST_RDONLY))
			error = -EACCES;
		fixed = !error && is_mounted(fd);
		if (fd >= 0)
			close(fd);
	}
	if (root >= 0)
		close(root);
	return error;
}
