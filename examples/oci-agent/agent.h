/* SPDX-License-Identifier: GPL-2.0 */
/*
 * oci-agent: answers the trapped system calls of containers whose runtime sends
 * it their seccomp listeners. README.md has the interface.
 *
 *	main.c		options, reload, end
 *	pool.c		threads that wait for events
 *	state.c		what a runtime sends
 *	serve.c		one container's calls: receive, decide, answer, log
 *	probe.c		asks the kernel
 *	calls.c		which calls, and what runs in their place
 *	target.c	the memory and the /proc of a task
 *	walk.c		from a path that a task gave to the name that runs
 *	decide_*.c	path, address, program: asks the policy, builds the request
 *	policy.c	the policy; policy_file.c and json_line.c: its file
 *	log.c		one line for each decision
 */
#ifndef _OCI_AGENT_H
#define _OCI_AGENT_H

#include <limits.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "inject-helper.h"
#include "policy.h"

enum mode {
	MODE_INJECT,
	MODE_CONTINUE,		/* what can be raced: to compare with */
	MODE_ADDFD,		/* the agent opens files: to compare with */
	MODE_DENY,		/* what memory decides is refused */
};

extern enum mode mode;

/* ---- pool.c ---- */

/*
 * What is waited for. The event comes once, to one thread, and again only after
 * source_arm(). That thread may free the source, after source_remove().
 */
struct source {
	int fd;
	void (*event)(struct source *source, uint32_t events);
};

int source_add(struct source *source);
void source_arm(struct source *source);
void source_remove(struct source *source);
void pool_init(void);
void pool_run(void) __attribute__((noreturn));

/* ---- state.c ---- */

int state_listen(const char *path);

/* ---- serve.c ---- */

/* A listener, and whose it is. */
struct container {
	struct source source;	/* its fd is the listener */
	char *id;
	char *metadata;
	pthread_mutex_t lock;
	unsigned int refs;
	unsigned int busy;	/* calls that are being decided */
	bool armed;
	bool started;		/* an exec was let run: no longer the runtime's program */
};

/* Takes over @listener, and frees it with the last task of the container. */
int container_add(int listener, const char *id, const char *metadata);

/* ---- probe.c ---- */

/* Can this kernel inject? 1, 0 or a negative errno. */
int probe(void);

/* ---- calls.c ---- */

/* What becomes of a symbolic link at the end of a path. */
enum follow {
	ENTRY,			/* the call is about the name */
	NEVER,
	ALWAYS,
	UNLESS_FLAG,		/* AT_SYMLINK_NOFOLLOW */
	IF_FLAG,		/* AT_SYMLINK_FOLLOW */
};

struct call;

/* Arguments are counted from 1; 0: the call has none of that kind. */
struct row {
	int nr;
	const char *name;
	enum family family;
	int (*decide)(struct call *call);
	unsigned char dir[2];	/* descriptor that a relative path begins at */
	unsigned char path[2];
	unsigned char flags;
	enum follow follow;
	bool follows;		/* what runs would follow a link at the end */
	int runs;		/* number of the call that runs */
	const char *with;	/* its arguments: see decide_path.c */
};

const struct row *find_row(int nr);
char *call_name(int nr);	/* to be freed */

/* ---- A call that is being decided ---- */

enum path_kind {
	NAMED,			/* by ->name: absolute, no links, no ".." */
	MAGIC,			/* by ->name, a link of procfs to what has no name */
	DESCRIPTOR,		/* by the descriptor ->fd */
};

struct path {
	char asked[PATH_MAX];
	char name[PATH_MAX];
	enum path_kind kind;
	int fd;
};

#define NO_PAGE		1
#define MAX_STRINGS	(SECCOMP_NOTIF_INJECT_BUF_MAX / 8)

struct call {
	struct container *con;
	struct seccomp_notif *req;
	const struct profile *profile;
	const struct row *row;
	bool untouched;		/* nothing in memory mattered: CONTINUE is safe */
	struct open_how how;

	/* For the log */
	const struct rule *rule;
	const char *why;
	const char *verdict;
	int error;
	int paths;
	char address[160];
	const char **argv;

	struct path path[2];
	struct inject in;
	__u64 page_addr;	/* of what is in page, or NO_PAGE */
	char page[4096];
	size_t text_used;
	char text[SECCOMP_NOTIF_INJECT_BUF_MAX];
	const char *strings[2][MAX_STRINGS + 1];
};

static inline __u64 arg(const struct call *call, int from_1)
{
	return call->req->data.args[from_1 - 1];
}

/* ---- target.c: 0 or a length, or a negative errno ---- */

int read_memory(const struct call *call, __u64 addr, void *to, size_t len);
ssize_t read_string(struct call *call, __u64 addr, char *to, size_t size, int too_long);

/* Into @call->text: NULL and a negative errno in @error where it does not fit. */
char *keep_bytes(struct call *call, __u64 addr, size_t len, int *error);
char *keep_string(struct call *call, __u64 addr, size_t max, int too_long, int *error);

#define MAX_LEVELS	33	/* of PID namespaces, in the kernel */

struct ids {
	int levels;		/* from our PID namespace down to its own */
	pid_t tgid[MAX_LEVELS];
	pid_t tid[MAX_LEVELS];
	uid_t fsuid;		/* as we see it */
};

int read_ids(const struct call *call, struct ids *ids);
/* The level that a procfs shows, of which @root is open. */
int level_of_proc(int root, const struct ids *ids);
int open_root(const struct call *call);

/* Path of a link in the task's /proc, as the task's root sees it. */
int read_proc_link(const struct call *call, const char *link, char *to, size_t size);
int seen_from_root(const struct call *call, char *path);

/* ---- walk.c ---- */

#define WALK_FOLLOW	1	/* a link at the end */
#define WALK_NO_LINKS	2	/* the caller wants ELOOP for any */
#define WALK_EMPTY	4	/* an empty path is the descriptor */
#define WALK_ENTRY	8	/* keep what kind of name it was: "dir/." */
#define WALK_SLASH	16	/* keep a slash at the end: no link is followed */
#define WALK_TEXT	32	/* nor any other: where we may not search, text will do */
#define WALK_NO_MAGIC	64	/* ELOOP for a link of procfs that is more than its text */

/* Read path @i of the call, at @addr, and find its name. */
int resolve(struct call *call, int i, int dirfd, __u64 addr, int flags);
int resolve_text(struct call *call, struct path *path, const char *start, int flags);

/*
 * Is no directory above @name one that the container could exchange, nor, where
 * the call would follow a link, the end?
 */
int parents_fixed(const struct call *call, const char *name);

/* ---- decide_*.c: 0 and @call->in is the request, or a negative errno ---- */

int decide_open(struct call *call);
int decide_openat2(struct call *call);
int decide_path(struct call *call);
int decide_exec(struct call *call);
int decide_address(struct call *call);
int decide_sendto(struct call *call);
int decide_sendmsg(struct call *call);

/* Ask the policy about path @i; may put another name in its place. */
int judge_path(struct call *call, int i, enum access access,
	       const char *const *argv);

int judge_parents(struct call *call, int i);

/* ---- log.c ---- */

int log_open(const char *file);
void log_call(const struct call *call);
void log_event(const char *id, const char *what, const char *why);

#endif
