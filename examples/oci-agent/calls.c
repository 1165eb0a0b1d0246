// SPDX-License-Identifier: GPL-2.0
/*
 * Which calls are served, and what runs in their place: the form that takes a
 * directory and flags, so that an absolute name and "no links" can be said.
 */
#define _GNU_SOURCE
#include <seccomp.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "agent.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2	452
#endif

#define CALL(call, fam, how)	.nr = SYS_##call, .name = #call, .family = F_##fam, \
				.decide = decide_##how
#define RUNS(call, args)	.runs = SYS_##call, .with = (args)

static const struct row rows[] = {
	/* Opening */
	{ CALL(open, OPEN, open), .path = { 1 }, .flags = 2 },
	{ CALL(creat, OPEN, open), .path = { 1 } },
	{ CALL(openat, OPEN, open), .dir = { 1 }, .path = { 2 }, .flags = 3 },
	{ CALL(openat2, OPEN, openat2), .dir = { 1 }, .path = { 2 } },
	{ CALL(truncate, OPEN, path), .path = { 1 }, .follow = ALWAYS,
	  .follows = true, RUNS(truncate, "p2") },

	/* Executing */
	{ CALL(execve, EXEC, exec), .path = { 1 } },
	{ CALL(execveat, EXEC, exec), .dir = { 1 }, .path = { 2 }, .flags = 5 },

	/* Names */
	{ CALL(mkdir, MKDIR, path), .path = { 1 }, RUNS(mkdirat, "Dp2") },
	{ CALL(mkdirat, MKDIR, path), .dir = { 1 }, .path = { 2 },
	  RUNS(mkdirat, "Dp3") },
	{ CALL(mknod, MKDIR, path), .path = { 1 }, RUNS(mknodat, "Dp23") },
	{ CALL(mknodat, MKDIR, path), .dir = { 1 }, .path = { 2 },
	  RUNS(mknodat, "Dp34") },
	{ CALL(unlink, UNLINK, path), .path = { 1 }, RUNS(unlinkat, "Dp0") },
	{ CALL(rmdir, UNLINK, path), .path = { 1 }, RUNS(unlinkat, "DpR") },
	{ CALL(unlinkat, UNLINK, path), .dir = { 1 }, .path = { 2 },
	  RUNS(unlinkat, "Dp3") },
	{ CALL(rename, RENAME, path), .path = { 1, 2 }, RUNS(renameat2, "DpDq0") },
	{ CALL(renameat, RENAME, path), .dir = { 1, 3 }, .path = { 2, 4 },
	  RUNS(renameat2, "DpDq0") },
	{ CALL(renameat2, RENAME, path), .dir = { 1, 3 }, .path = { 2, 4 },
	  RUNS(renameat2, "DpDq5") },
	{ CALL(link, RENAME, path), .path = { 1, 2 }, RUNS(linkat, "DpDqL") },
	{ CALL(linkat, RENAME, path), .dir = { 1, 3 }, .path = { 2, 4 }, .flags = 5,
	  .follow = IF_FLAG, RUNS(linkat, "DpDqL") },
	{ CALL(symlink, RENAME, path), .path = { 2 }, RUNS(symlinkat, "t1Dp") },
	{ CALL(symlinkat, RENAME, path), .dir = { 2 }, .path = { 3 },
	  RUNS(symlinkat, "t1Dp") },

	/* Mode, owner, times */
	{ CALL(chmod, CHMOD, path), .path = { 1 }, .follow = ALWAYS,
	  RUNS(fchmodat2, "Dp2F") },
	{ CALL(fchmodat, CHMOD, path), .dir = { 1 }, .path = { 2 }, .follow = ALWAYS,
	  RUNS(fchmodat2, "Dp3F") },
	{ CALL(fchmodat2, CHMOD, path), .dir = { 1 }, .path = { 2 }, .flags = 4,
	  .follow = UNLESS_FLAG, RUNS(fchmodat2, "Dp3F") },
	{ CALL(chown, CHOWN, path), .path = { 1 }, .follow = ALWAYS,
	  RUNS(fchownat, "Dp23F") },
	{ CALL(lchown, CHOWN, path), .path = { 1 }, .follow = NEVER,
	  RUNS(fchownat, "Dp23F") },
	{ CALL(fchownat, CHOWN, path), .dir = { 1 }, .path = { 2 }, .flags = 5,
	  .follow = UNLESS_FLAG, RUNS(fchownat, "Dp34F") },
	{ CALL(utimensat, UTIME, path), .dir = { 1 }, .path = { 2 }, .flags = 4,
	  .follow = UNLESS_FLAG, RUNS(utimensat, "DpT3F") },

	/* Looking */
	{ CALL(stat, STAT, path), .path = { 1 }, .follow = ALWAYS,
	  RUNS(newfstatat, "Dp2F") },
	{ CALL(lstat, STAT, path), .path = { 1 }, .follow = NEVER,
	  RUNS(newfstatat, "Dp2F") },
	{ CALL(newfstatat, STAT, path), .dir = { 1 }, .path = { 2 }, .flags = 4,
	  .follow = UNLESS_FLAG, RUNS(newfstatat, "Dp3F") },
	{ CALL(statx, STAT, path), .dir = { 1 }, .path = { 2 }, .flags = 3,
	  .follow = UNLESS_FLAG, RUNS(statx, "DpF45") },
	{ CALL(statfs, STAT, path), .path = { 1 }, .follow = ALWAYS,
	  .follows = true, RUNS(statfs, "p2") },
	{ CALL(access, STAT, path), .path = { 1 }, .follow = ALWAYS,
	  RUNS(faccessat2, "Dp2F") },
	{ CALL(faccessat, STAT, path), .dir = { 1 }, .path = { 2 }, .follow = ALWAYS,
	  RUNS(faccessat2, "Dp3F") },
	{ CALL(faccessat2, STAT, path), .dir = { 1 }, .path = { 2 }, .flags = 4,
	  .follow = UNLESS_FLAG, RUNS(faccessat2, "Dp3F") },
	{ CALL(readlink, STAT, path), .path = { 1 }, .follow = NEVER,
	  RUNS(readlinkat, "Dp23") },
	{ CALL(readlinkat, STAT, path), .dir = { 1 }, .path = { 2 }, .follow = NEVER,
	  RUNS(readlinkat, "Dp34") },
	{ CALL(chdir, CHDIR, path), .path = { 1 }, .follow = ALWAYS,
	  .follows = true, RUNS(chdir, "p") },

	/* Extended attributes */
	{ CALL(setxattr, XATTR, path), .path = { 1 }, .follow = ALWAYS,
	  RUNS(lsetxattr, "pt2V45") },
	{ CALL(lsetxattr, XATTR, path), .path = { 1 }, .follow = NEVER,
	  RUNS(lsetxattr, "pt2V45") },
	{ CALL(getxattr, XATTR, path), .path = { 1 }, .follow = ALWAYS,
	  RUNS(lgetxattr, "pt234") },
	{ CALL(lgetxattr, XATTR, path), .path = { 1 }, .follow = NEVER,
	  RUNS(lgetxattr, "pt234") },
	{ CALL(listxattr, XATTR, path), .path = { 1 }, .follow = ALWAYS,
	  RUNS(llistxattr, "p23") },
	{ CALL(llistxattr, XATTR, path), .path = { 1 }, .follow = NEVER,
	  RUNS(llistxattr, "p23") },
	{ CALL(removexattr, XATTR, path), .path = { 1 }, .follow = ALWAYS,
	  RUNS(lremovexattr, "pt2") },
	{ CALL(lremovexattr, XATTR, path), .path = { 1 }, .follow = NEVER,
	  RUNS(lremovexattr, "pt2") },

	/* Sockets */
	{ CALL(connect, CONNECT, address), .follows = true },
	{ CALL(bind, BIND, address) },
	{ CALL(sendto, SENDTO, sendto), .follows = true },
	{ CALL(sendmsg, SENDMSG, sendmsg), .follows = true },
};

const struct row *find_row(int nr)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].nr == nr)
			return &rows[i];
	return NULL;
}

/* To be freed. */
char *call_name(int nr)
{
	return seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);
}
