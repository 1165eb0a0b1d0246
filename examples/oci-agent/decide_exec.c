// SPDX-License-Identifier: GPL-2.0
/*
 * execve() and execveat(): what runs is execveat() of the decided name, of a
 * copy of argv and of one of envp. The interpreter that a script names is not
 * decided on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include "agent.h"

/* As many of the pointers at @addr as lie in a page, and there is room for. */
static int read_pointers(const struct call *call, __u64 addr, __u64 *to, size_t room)
{
	size_t n = (4096 - addr % 4096) / sizeof(*to);
	int error;

	if (!n)
		n = 1;
	if (n > room)
		n = room;
	error = read_memory(call, addr, to, n * sizeof(*to));
	return error ?: (int)n;
}

static int read_strings(struct call *call, __u64 addr, const char **to)
{
	__u64 at[64];
	int i, next = 0, n = 0, error;

	for (i = 0; addr && i < MAX_STRINGS; i++) {
		if (next == n) {
			n = read_pointers(call, addr + i * sizeof(*at), at, 64);
			next = 0;
		}
		if (n < 0)
			return n;
		if (!at[next])
			break;
		to[i] = keep_string(call, at[next++], sizeof(call->text), E2BIG, &error);
		if (error)
			return error;
	}
	to[i] = NULL;
	return i == MAX_STRINGS ? -E2BIG : 0;
}

static int read_vectors(struct call *call, __u64 argv, __u64 envp)
{
	int error = read_strings(call, argv, call->strings[0]);

	/* The kernel would put it there. */
	if (!error && !call->strings[0][0]) {
		call->strings[0][0] = "";
		call->strings[0][1] = NULL;
	}
	if (!error)
		error = read_strings(call, envp, call->strings[1]);
	if (!error)
		call->argv = call->strings[0];
	if (error == -E2BIG)
		call->why = "longer than the buffer";
	return error;
}

int decide_exec(struct call *call)
{
	bool at = call->row->dir[0];
	int dirfd = at ? (int)arg(call, 1) : AT_FDCWD;
	int flags = at ? (int)arg(call, 5) : 0, walk = 0, error;
	struct path *path = &call->path[0];

	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	if (!(flags & AT_SYMLINK_NOFOLLOW))
		walk |= WALK_FOLLOW;
	if (flags & AT_EMPTY_PATH)
		walk |= WALK_EMPTY;
	error = resolve(call, 0, dirfd, arg(call, at + 1), walk);
	if (!error)
		error = read_vectors(call, arg(call, at + 2), arg(call, at + 3));
	if (!error)
		error = judge_path(call, 0, ACCESS_ANY, call->strings[0]);
	if (!error)
		error = judge_parents(call, 0);
	if (error)
		return error;

	inject_start(&call->in, SYS_execveat);
	inject_value(&call->in, 0, path->kind == DESCRIPTOR ? path->fd : AT_FDCWD);
	inject_string(&call->in, 1, path->kind == DESCRIPTOR ? "" : path->name);
	inject_strings(&call->in, 2, call->strings[0]);
	inject_strings(&call->in, 3, call->strings[1]);
	inject_value(&call->in, 4, path->kind == DESCRIPTOR ? AT_EMPTY_PATH :
				   path->kind == NAMED ? AT_SYMLINK_NOFOLLOW : 0);
	return 0;
}
