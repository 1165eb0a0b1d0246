// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that take paths.
 *
 * An open runs as openat2() of the decided name with RESOLVE_NO_SYMLINKS: what
 * has become a link in the meantime fails with ELOOP. The others have nothing
 * like it. They run on the same name and, but for those with row->follows, do
 * not follow a link at its end; what is left is a directory above it that is
 * exchanged for a link meanwhile. A profile with "parents": "fixed" refuses names
 * where that could be done.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "agent.h"

static int put_rule_path(struct path *path, const struct rule *rule)
{
	const char *rest = path->name + (rule->path[1] ? strlen(rule->path) : 0);
	char name[PATH_MAX];
	const char *to = rule->to[1] ? rule->to : "";

	if (snprintf(name, sizeof(name), "%s%s", to, *rest || *to ? rest : "/") >=
	    (int)sizeof(name))
		return -ENAMETOOLONG;
	strcpy(path->name, name);
	return 0;
}

/* What has no name is the container's own already, but may be open for less. */
static int judge_nameless(struct call *call, const struct path *path)
{
	bool starts;

	if (path->kind == DESCRIPTOR && call->row->family == F_STAT)
		return 0;
	if (path->kind == MAGIC && call->row->family == F_XATTR)
		return -EACCES;
	starts = call->profile->reopen == REOPEN_START &&
		 !__atomic_load_n(&call->con->started, __ATOMIC_ACQUIRE);
	if (!starts && call->row->family == F_EXEC && denies_programs(call->profile)) {
		/* It may be a copy of any. */
		call->why = "a program without a name";
		return -EACCES;
	}
	call->why = starts ? "not started" : "reopen";
	return starts || call->profile->reopen == REOPEN_ALLOW ? 0 : -EACCES;
}

int judge_path(struct call *call, int i, enum access access,
	       const char *const *argv)
{
	struct path *path = &call->path[i];

	if (path->kind != NAMED)
		return judge_nameless(call, path);
	call->rule = match_path(call->profile, call->row->family, path->name, access,
				argv);
	if (call->rule->action == DENY)
		return -call->rule->error;
	if (call->rule->action != REWRITE)
		return 0;
	if (call->rule->access && access & ~call->rule->access) {
		call->why = "rewritten in part";
		return -EACCES;
	}
	return put_rule_path(path, call->rule);
}

/* Another name, for what a rule is about, would lead around the rule. */
static int judge_names(struct call *call)
{
	const char *name[2] = { NULL, NULL };
	const struct rule *rule;
	int i;

	for (i = 0; i < call->paths; i++)
		if (call->path[i].kind == NAMED)
			name[i] = call->path[i].name;
	/* A link that is made has one name, and what it leads to is decided on there. */
	if (call->paths == 1)
		name[1] = name[0];
	rule = match_guard(call->profile, name);
	if (!rule)
		return 0;
	call->rule = rule;
	call->why = "guarded";
	return rule->action == DENY ? -rule->error : -EACCES;
}

int judge_parents(struct call *call, int i)
{
	int error = 0;

	if (call->profile->fixed_parents && call->path[i].kind == NAMED &&
	    call->row->family != F_STAT)
		error = parents_fixed(call, call->path[i].name);
	if (error)
		call->why = "a part of the name could be exchanged";
	return error;
}

/* ---- Opening ---- */

static enum access open_access(const struct open_how *how)
{
	enum access access = ACCESS_BOTH;

	if (how->flags & O_PATH || (how->flags & O_ACCMODE) == O_RDONLY)
		access = ACCESS_READ;
	else if ((how->flags & O_ACCMODE) == O_WRONLY)
		access = ACCESS_WRITE;
	if (!(how->flags & O_PATH) &&
	    (how->flags & (O_CREAT | O_TRUNC) || (how->flags & O_TMPFILE) == O_TMPFILE))
		access |= ACCESS_WRITE;
	return access;
}

static int request_open(struct call *call, int dirfd, __u64 addr)
{
	struct open_how *how = &call->how;
	struct path *path = &call->path[0];
	int error, flags = WALK_SLASH | WALK_TEXT;

	if (!(how->flags & O_NOFOLLOW) && (how->flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL))
		flags |= WALK_FOLLOW;
	if (how->resolve & RESOLVE_NO_SYMLINKS)
		flags |= WALK_NO_LINKS;
	if (how->resolve & RESOLVE_NO_MAGICLINKS)
		flags |= WALK_NO_MAGIC;
	error = resolve(call, 0, dirfd, addr, flags);
	if (error)
		return error;
	if (path->kind == MAGIC && how->resolve)
		return -ELOOP;
	error = judge_path(call, 0, open_access(how), NULL);
	if (error)
		return error;
	how->resolve = path->kind == MAGIC ? 0 : RESOLVE_NO_SYMLINKS;
	inject_start(&call->in, SYS_openat2);
	inject_value(&call->in, 0, AT_FDCWD);
	inject_string(&call->in, 1, path->name);
	inject_bytes(&call->in, 2, how, sizeof(*how));
	inject_value(&call->in, 3, sizeof(*how));
	return 0;
}

int decide_open(struct call *call)
{
	const struct row *row = call->row;
	int flags = row->flags ? arg(call, row->flags) : O_CREAT | O_WRONLY | O_TRUNC;
	int mode = arg(call, row->flags ? row->flags + 1 : 2);

	inject_old_open(&call->how, flags, mode);
	return request_open(call, row->dir[0] ? (int)arg(call, 1) : AT_FDCWD,
			    arg(call, row->path[0]));
}

/* A longer struct is one of ours if what we do not know is 0. */
static int read_how(struct call *call, __u64 addr, size_t size)
{
	char more[4096];
	size_t i;
	int error;

	if (size < sizeof(call->how))
		return -EINVAL;
	if (size > sizeof(more))
		return -E2BIG;
	error = read_memory(call, addr, more, size);
	if (error)
		return error;
	for (i = sizeof(call->how); i < size; i++)
		if (more[i])
			return -E2BIG;
	memcpy(&call->how, more, sizeof(call->how));
	return 0;
}

int decide_openat2(struct call *call)
{
	int error = read_how(call, arg(call, 3), arg(call, 4));

	if (error)
		return error;
	/* What depends on where the walk began can't be kept. */
	if (call->how.resolve & ~(__u64)(RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)) {
		call->why = "resolve flags";
		return -ENOSYS;
	}
	return request_open(call, arg(call, 1), arg(call, 2));
}

/* ---- The others: struct row says what runs ---- */

static bool is_flag(const struct call *call, int flag)
{
	return call->row->flags && arg(call, call->row->flags) & flag;
}

static int walk_flags(const struct call *call, int i)
{
	enum follow follow = call->row->follow;
	int nr = call->row->nr, flags = 0;

	if (i || follow == ENTRY)
		return WALK_ENTRY;
	if (follow == ALWAYS || (follow == UNLESS_FLAG && !is_flag(call, AT_SYMLINK_NOFOLLOW)))
		flags |= WALK_FOLLOW;
	if (follow == IF_FLAG)
		flags |= is_flag(call, AT_SYMLINK_FOLLOW) ? WALK_FOLLOW : WALK_ENTRY;
	if (is_flag(call, AT_EMPTY_PATH) || nr == SYS_readlinkat ||
	    (nr == SYS_utimensat && !arg(call, 2)))
		flags |= WALK_EMPTY;
	return flags;
}

static __u64 run_flags(const struct call *call)
{
	__u64 flags = call->row->flags ? arg(call, call->row->flags) : 0;

	switch (call->path[0].kind) {
	case NAMED:
		return (flags & ~(__u64)AT_EMPTY_PATH) | AT_SYMLINK_NOFOLLOW;
	case MAGIC:
		return flags & ~(__u64)AT_SYMLINK_NOFOLLOW;
	case DESCRIPTOR:
		return flags | AT_EMPTY_PATH;
	}
	return flags;
}

/* linkat() follows no link but that to what has no name. */
static __u64 link_flags(const struct call *call)
{
	__u64 flags = call->row->flags ? arg(call, call->row->flags) : 0;

	flags &= ~(__u64)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH);
	if (call->path[0].kind == MAGIC)
		flags |= AT_SYMLINK_FOLLOW;
	if (call->path[0].kind == DESCRIPTOR)
		flags |= AT_EMPTY_PATH;
	return flags;
}

static void put_dir(struct call *call, int to, int i)
{
	struct path *path = &call->path[i];

	inject_value(&call->in, to, path->kind == DESCRIPTOR ? path->fd : AT_FDCWD);
}

static void put_path(struct call *call, int to, int i)
{
	struct path *path = &call->path[i];

	inject_string(&call->in, to, path->kind == DESCRIPTOR ? "" : path->name);
}

static int put_string(struct call *call, int to, __u64 addr)
{
	int error;
	char *text = keep_string(call, addr, PATH_MAX, ENAMETOOLONG, &error);

	if (text)
		inject_string(&call->in, to, text);
	return error;
}

static int put_bytes(struct call *call, int to, __u64 addr, size_t len)
{
	int error = 0;
	char *data;

	if (!addr)
		return 0;
	data = keep_bytes(call, addr, len, &error);
	if (data)
		inject_bytes(&call->in, to, data, len);
	return error;
}

/*
 * Letters of row->with: D the directory and p the name of the first path (q of
 * the second), 1 to 6 an argument of the trapped call, 0 none, F flags, L those
 * of linkat(), R AT_REMOVEDIR, tN a string, T3 times, V the value of an
 * attribute (its length is the next argument).
 */
static int put_arguments(struct call *call)
{
	const char *with = call->row->with;
	int to, error = 0, paths = 0;

	for (to = 0; *with && !error; to++, with++) {
		if (*with == 'D')
			put_dir(call, to, paths);
		else if (*with == 'p' || *with == 'q')
			put_path(call, to, paths++);
		else if (*with == 'F')
			inject_value(&call->in, to, run_flags(call));
		else if (*with == 'L')
			inject_value(&call->in, to, link_flags(call));
		else if (*with == 'R')
			inject_value(&call->in, to, AT_REMOVEDIR);
		else if (*with == 't')
			error = put_string(call, to, arg(call, *++with - '0'));
		else if (*with == 'T')
			error = put_bytes(call, to, arg(call, *++with - '0'),
					  2 * sizeof(struct timespec));
		else if (*with == 'V')
			error = put_bytes(call, to, arg(call, 3), arg(call, 4));
		else if (*with != '0')
			inject_value(&call->in, to, arg(call, *with - '0'));
	}
	return error;
}

int decide_path(struct call *call)
{
	const struct row *row = call->row;
	int i, error;

	for (i = 0; i < 2 && row->path[i]; i++) {
		error = resolve(call, i, row->dir[i] ? (int)arg(call, row->dir[i]) : AT_FDCWD,
				arg(call, row->path[i]), walk_flags(call, i));
		if (error)
			return error;
	}
	for (i = 0; i < call->paths; i++) {
		error = judge_path(call, i, ACCESS_WRITE, NULL);
		if (!error)
			error = judge_parents(call, i);
		if (error)
			return error;
	}
	error = row->family == F_RENAME ? judge_names(call) : 0;
	if (error)
		return error;
	inject_start(&call->in, row->runs);
	return put_arguments(call);
}
