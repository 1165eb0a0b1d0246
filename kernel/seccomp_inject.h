/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Substituting a trapped system call from the seccomp listener: the interface
 * between kernel/seccomp.c, the redirect (kernel/seccomp_inject.c) and the
 * table of what may be called (kernel/seccomp_inject_args.c).
 */
#ifndef _KERNEL_SECCOMP_INJECT_H
#define _KERNEL_SECCOMP_INJECT_H

#include <linux/seccomp.h>
#include <linux/types.h>

#define SECCOMP_INJECT_ARGS	6

struct seccomp_filter;
struct seccomp_inject_request;
struct task_struct;

/**
 * enum seccomp_inject_kind - what an argument of a permitted call is
 * @INJECT_VALUE: passed as it is
 * @INJECT_OUT: address in the target that the call writes; passed as it is
 * @INJECT_MSG_FLAGS: MSG_* flags, passed as they are; those that keep the
 *                    payload's pages in use after the call are refused
 * @INJECT_ZERO: a pointer that has to be NULL
 * @INJECT_STRING: NUL-terminated in the buffer
 * @INJECT_BYTES: as many bytes as the argument numbered @param says
 * @INJECT_STRUCT: @param bytes
 * @INJECT_SCHED_ATTR: struct sched_attr, its size in its first word
 * @INJECT_IOVEC: as many struct iovec as the argument numbered @param says
 * @INJECT_MSGHDR: struct user_msghdr
 * @INJECT_STRINGS: array of strings, ended by a 0
 *
 * All from @INJECT_STRING on are input pointers: offsets into the buffer. All
 * from @INJECT_IOVEC on have pointers inside.
 */
enum seccomp_inject_kind {
	INJECT_VALUE,
	INJECT_OUT,
	INJECT_MSG_FLAGS,
	INJECT_ZERO,
	INJECT_STRING,
	INJECT_BYTES,
	INJECT_STRUCT,
	INJECT_SCHED_ATTR,
	INJECT_IOVEC,
	INJECT_MSGHDR,
	INJECT_STRINGS,
};

/**
 * enum seccomp_inject_null - where an input pointer may be NULL
 * @INJECT_NULL_NEVER: nowhere
 * @INJECT_NULL_ALWAYS: the call tests for NULL first
 * @INJECT_NULL_EMPTY: the length or count that goes with it is 0
 * @INJECT_NULL_DIRFD: the first argument is a file descriptor, not AT_FDCWD:
 *                     the call is then about that file
 *
 * NULL is accepted only where the call does not read it: a task can map page 0,
 * so that a NULL that is read is the target's memory.
 */
enum seccomp_inject_null {
	INJECT_NULL_NEVER,
	INJECT_NULL_ALWAYS,
	INJECT_NULL_EMPTY,
	INJECT_NULL_DIRFD,
};

/**
 * struct seccomp_inject_arg - one argument of a permitted call
 * @kind: enum seccomp_inject_kind
 * @null: enum seccomp_inject_null
 * @param: number of the argument that is the length or count, or a size in
 *         bytes, as @kind says
 */
struct seccomp_inject_arg {
	u8 kind;
	u8 null;
	u16 param;
};

/**
 * struct seccomp_inject_call - a row of the table: one permitted system call
 * @permitted: false in the rows of numbers that are not in the table
 * @by_command: the second argument picks the row that counts
 * @checked: mask of arguments of which something is asked where they are not in
 *           the buffer
 * @args: what the arguments are
 */
struct seccomp_inject_call {
	bool permitted;
	bool by_command;
	u8 checked;
	struct seccomp_inject_arg args[SECCOMP_INJECT_ARGS];
};

#ifdef CONFIG_SECCOMP_INJECT

/**
 * struct seccomp_inject_filter - what a filter keeps for substituted calls
 * @consent: it was installed with SECCOMP_FILTER_FLAG_INJECT under no_new_privs
 * @exec_id: self_exec_id of the task that installed it: another one tells that
 *           a task has executed a program since
 * @spare: memory of the last request, for the next one; goes when the filter
 *         goes. Any number of SENDs and targets exchange it with xchg() and
 *         cmpxchg().
 */
struct seccomp_inject_filter {
	bool consent;
	u64 exec_id;
	struct seccomp_inject_request *spare;
};

const struct seccomp_inject_call *seccomp_inject_lookup(u64 nr);
const struct seccomp_inject_call *
seccomp_inject_command(const struct seccomp_inject_call *call, u64 command);
int seccomp_inject_check(const struct seccomp_inject_call *call,
			 const struct seccomp_notif_inject *inj,
			 const void *buf);
void seccomp_inject_relocate(const struct seccomp_inject_call *call,
			     struct seccomp_notif_inject *inj, void *buf,
			     unsigned long base);

struct seccomp_inject_request *
seccomp_inject_copy_request(const struct seccomp_notif_resp *resp,
			    struct seccomp_inject_filter *filter);
void seccomp_inject_free_request(struct seccomp_inject_request *req);
void seccomp_inject_free_filter(struct seccomp_inject_filter *filter);
int seccomp_inject_trap_error(const struct seccomp_data *sd);
void seccomp_inject_consent(struct seccomp_inject_filter *filter);
int seccomp_inject_may(struct task_struct *target,
		       const struct seccomp_inject_filter *filter,
		       int trap_error);
int seccomp_inject_redirect(struct seccomp_inject_request *req,
			    const struct seccomp_filter *approver);
bool seccomp_inject_approved(const struct seccomp_filter *filter);
void seccomp_inject_show_tracer(void);
void seccomp_inject_tracer_stop(void);
int seccomp_inject_undo(int nr);
void seccomp_inject_release(struct task_struct *task);
long seccomp_inject_restart(long ret, bool restored);

/* What a reply to a notification may have in its flags. */
#define SECCOMP_USER_NOTIF_FLAGS	(SECCOMP_USER_NOTIF_FLAG_CONTINUE | \
					 SECCOMP_USER_NOTIF_FLAG_INJECTED)

#else /* !CONFIG_SECCOMP_INJECT */

#define SECCOMP_USER_NOTIF_FLAGS	SECCOMP_USER_NOTIF_FLAG_CONTINUE

struct seccomp_inject_filter {
};

static inline struct seccomp_inject_request *
seccomp_inject_copy_request(const struct seccomp_notif_resp *resp,
			    struct seccomp_inject_filter *filter)
{
	return NULL;
}

static inline void
seccomp_inject_free_request(struct seccomp_inject_request *req)
{
}

static inline void
seccomp_inject_free_filter(struct seccomp_inject_filter *filter)
{
}

static inline int seccomp_inject_trap_error(const struct seccomp_data *sd)
{
	return 0;
}

static inline void
seccomp_inject_consent(struct seccomp_inject_filter *filter)
{
}

static inline int
seccomp_inject_may(struct task_struct *target,
		   const struct seccomp_inject_filter *filter, int trap_error)
{
	return 0;
}

static inline int seccomp_inject_redirect(struct seccomp_inject_request *req,
					  const struct seccomp_filter *approver)
{
	return 0;
}

static inline bool seccomp_inject_approved(const struct seccomp_filter *filter)
{
	return false;
}

static inline void seccomp_inject_show_tracer(void)
{
}

static inline void seccomp_inject_tracer_stop(void)
{
}

static inline int seccomp_inject_undo(int nr)
{
	return nr;
}

static inline void seccomp_inject_release(struct task_struct *task)
{
}

#endif /* CONFIG_SECCOMP_INJECT */

#endif /* _KERNEL_SECCOMP_INJECT_H */
