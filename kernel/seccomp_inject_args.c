// SPDX-License-Identifier: GPL-2.0
/*
 * The system calls that a seccomp listener may substitute, what their
 * arguments point at, and the walk over one request.
 *
 * All here are pure functions of the table and the request: no locks, no
 * current, no user memory.
 */
#include <linux/array_size.h>
#include <linux/bitops.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <linux/uio.h>
#include <linux/unaligned.h>

#include <uapi/linux/mount.h>
#include <uapi/linux/sched/types.h>
#include <uapi/linux/time.h>
#include <uapi/linux/utime.h>

#include <asm/unistd.h>

#include "seccomp_inject.h"

/* Arguments: kind, where NULL is permitted, parameter */
#define VALUE			(INJECT_VALUE, INJECT_NULL_NEVER, 0)
#define OUT			(INJECT_OUT, INJECT_NULL_NEVER, 0)
#define MSG_FLAGS		(INJECT_MSG_FLAGS, INJECT_NULL_NEVER, 0)
#define ZERO			(INJECT_ZERO, INJECT_NULL_NEVER, 0)
#define MSGHDR			(INJECT_MSGHDR, INJECT_NULL_NEVER, 0)
#define SCHED_ATTR		(INJECT_SCHED_ATTR, INJECT_NULL_NEVER, 0)
#define STRING_NULL(n)		(INJECT_STRING, INJECT_NULL_##n, 0)
#define STRING			STRING_NULL(NEVER)
#define STRINGS_NULL(n)		(INJECT_STRINGS, INJECT_NULL_##n, 0)
#define BYTES_NULL(len, n)	(INJECT_BYTES, INJECT_NULL_##n, len)
#define BYTES(len)		BYTES_NULL(len, NEVER)
#define STRUCT_NULL(size, n)	(INJECT_STRUCT, INJECT_NULL_##n, size)
#define STRUCT(type)		STRUCT_NULL(sizeof(type), NEVER)
#define IOVEC(count)		(INJECT_IOVEC, INJECT_NULL_EMPTY, count)

/* Two times, or NULL for now. */
#define TIMES(type)		STRUCT_NULL(2 * sizeof(type), ALWAYS)

#define KIND(k, n, p)		(k)
#define ARG(k, n, p)		{ .kind = (k), .null = (n), .param = (p) }
#define CHECKED(i, arg)		(((KIND arg) > INJECT_OUT) << (i))

#define ROW(a, b, c, d, e, f, ...) {					\
	.permitted = true,						\
	.checked = CHECKED(0, a) | CHECKED(1, b) | CHECKED(2, c) |	\
		   CHECKED(3, d) | CHECKED(4, e) | CHECKED(5, f),	\
	.args = { ARG a, ARG b, ARG c, ARG d, ARG e, ARG f },		\
}

/* A row; arguments that it does not name are values. */
#define CALL(...)	ROW(__VA_ARGS__, VALUE, VALUE, VALUE, VALUE, VALUE, VALUE)

/*
 * A call may stand here only if every pointer that it reads through, at every
 * depth, fits one of the kinds; it keeps no user address after it returns and
 * leaves none in a restart block; it does not write through what it reads; it
 * creates, ends or re-registers no task, mm, signal or seccomp state (execve
 * and execveat do, and are handled); and it is no open-ended multiplexer.
 *
 * Left out for one of these, though supervisors trap them: sendmmsg (writes
 * msg_len into its input), name_to_handle_at (reads and writes its handle),
 * setxattrat and getxattrat (a pointer inside struct xattr_args), mount with
 * data (a page is read whatever the string says, and old file systems find
 * pointers in it), ioctl, prctl, bpf, setsockopt, fcntl, ptrace, io_uring,
 * keyctl.
 */
static const struct seccomp_inject_call seccomp_inject_calls[] = {
	/* Sockets */
	[__NR_connect]	= CALL(VALUE, BYTES_NULL(2, EMPTY), VALUE),
	[__NR_bind]	= CALL(VALUE, BYTES_NULL(2, EMPTY), VALUE),
	[__NR_sendto]	= CALL(VALUE, BYTES_NULL(2, EMPTY), VALUE, MSG_FLAGS,
			       BYTES_NULL(5, ALWAYS), VALUE),
	[__NR_sendmsg]	= CALL(VALUE, MSGHDR, MSG_FLAGS),

	/*
	 * Writing. What a driver makes of the payload is its own affair, and
	 * so no NULL here even for an empty one: it may reach a driver as is.
	 */
	[__NR_write]	= CALL(VALUE, BYTES(2), VALUE),
	[__NR_pwrite64]	= CALL(VALUE, BYTES(2), VALUE, VALUE),
	[__NR_writev]	= CALL(VALUE, IOVEC(2), VALUE),
	[__NR_pwritev]	= CALL(VALUE, IOVEC(2), VALUE, VALUE, VALUE),
	[__NR_pwritev2]	= CALL(VALUE, IOVEC(2), VALUE, VALUE, VALUE, VALUE),

	/* Opening */
#ifdef __NR_open
	[__NR_open]	= CALL(STRING, VALUE, VALUE),
#endif
#ifdef __NR_creat
	[__NR_creat]	= CALL(STRING, VALUE),
#endif
	[__NR_openat]	= CALL(VALUE, STRING, VALUE, VALUE),
	[__NR_openat2]	= CALL(VALUE, STRING, BYTES(3), VALUE),
	[__NR_memfd_create] = CALL(STRING, VALUE),

	/* Executing */
	[__NR_execve]	= CALL(STRING, STRINGS_NULL(ALWAYS),
			       STRINGS_NULL(ALWAYS)),
	[__NR_execveat]	= CALL(VALUE, STRING, STRINGS_NULL(ALWAYS),
			       STRINGS_NULL(ALWAYS), VALUE),

	/* Names */
#ifdef __NR_mkdir
	[__NR_mkdir]	= CALL(STRING, VALUE),
#endif
	[__NR_mkdirat]	= CALL(VALUE, STRING, VALUE),
#ifdef __NR_mknod
	[__NR_mknod]	= CALL(STRING, VALUE, VALUE),
#endif
	[__NR_mknodat]	= CALL(VALUE, STRING, VALUE, VALUE),
#ifdef __NR_unlink
	[__NR_unlink]	= CALL(STRING),
#endif
	[__NR_unlinkat]	= CALL(VALUE, STRING, VALUE),
#ifdef __NR_rmdir
	[__NR_rmdir]	= CALL(STRING),
#endif
#ifdef __NR_rename
	[__NR_rename]	= CALL(STRING, STRING),
#endif
#ifdef __NR_renameat
	[__NR_renameat]	= CALL(VALUE, STRING, VALUE, STRING),
#endif
	[__NR_renameat2] = CALL(VALUE, STRING, VALUE, STRING, VALUE),
#ifdef __NR_link
	[__NR_link]	= CALL(STRING, STRING),
#endif
	[__NR_linkat]	= CALL(VALUE, STRING, VALUE, STRING, VALUE),
#ifdef __NR_symlink
	[__NR_symlink]	= CALL(STRING, STRING),
#endif
	[__NR_symlinkat] = CALL(STRING, VALUE, STRING),
#ifdef __NR_readlink
	[__NR_readlink]	= CALL(STRING, OUT, VALUE),
#endif
	[__NR_readlinkat] = CALL(VALUE, STRING, OUT, VALUE),

	/* Mode, owner, size, times */
#ifdef __NR_chmod
	[__NR_chmod]	= CALL(STRING, VALUE),
#endif
	[__NR_fchmod]	= CALL(VALUE, VALUE),
	[__NR_fchmodat]	= CALL(VALUE, STRING, VALUE),
	[__NR_fchmodat2] = CALL(VALUE, STRING, VALUE, VALUE),
#ifdef __NR_chown
	[__NR_chown]	= CALL(STRING, VALUE, VALUE),
#endif
#ifdef __NR_lchown
	[__NR_lchown]	= CALL(STRING, VALUE, VALUE),
#endif
	[__NR_fchown]	= CALL(VALUE, VALUE, VALUE),
	[__NR_fchownat]	= CALL(VALUE, STRING, VALUE, VALUE, VALUE),
	[__NR_truncate]	= CALL(STRING, VALUE),
#ifdef __NR_utime
	[__NR_utime]	= CALL(STRING, STRUCT_NULL(sizeof(struct utimbuf), ALWAYS)),
#endif
#ifdef __NR_utimes
	[__NR_utimes]	= CALL(STRING, TIMES(struct __kernel_old_timeval)),
#endif
#ifdef __NR_futimesat
	[__NR_futimesat] = CALL(VALUE, STRING_NULL(DIRFD),
				TIMES(struct __kernel_old_timeval)),
#endif
	[__NR_utimensat] = CALL(VALUE, STRING_NULL(DIRFD),
				TIMES(struct __kernel_timespec), VALUE),

	/* Looking */
#ifdef __NR_stat
	[__NR_stat]	= CALL(STRING, OUT),
#endif
#ifdef __NR_lstat
	[__NR_lstat]	= CALL(STRING, OUT),
#endif
#ifdef __NR_newfstatat
	[__NR_newfstatat] = CALL(VALUE, STRING, OUT, VALUE),
#endif
	[__NR_statx]	= CALL(VALUE, STRING, VALUE, VALUE, OUT),
	[__NR_statfs]	= CALL(STRING, OUT),
#ifdef __NR_access
	[__NR_access]	= CALL(STRING, VALUE),
#endif
	[__NR_faccessat] = CALL(VALUE, STRING, VALUE),
	[__NR_faccessat2] = CALL(VALUE, STRING, VALUE, VALUE),

	/* Directories of the task */
	[__NR_chdir]	= CALL(STRING),
	[__NR_chroot]	= CALL(STRING),

	/* Extended attributes */
	[__NR_setxattr]	= CALL(STRING, STRING, BYTES_NULL(3, EMPTY), VALUE, VALUE),
	[__NR_lsetxattr] = CALL(STRING, STRING, BYTES_NULL(3, EMPTY), VALUE, VALUE),
	[__NR_fsetxattr] = CALL(VALUE, STRING, BYTES_NULL(3, EMPTY), VALUE, VALUE),
	[__NR_getxattr]	= CALL(STRING, STRING, OUT, VALUE),
	[__NR_lgetxattr] = CALL(STRING, STRING, OUT, VALUE),
	[__NR_fgetxattr] = CALL(VALUE, STRING, OUT, VALUE),
	[__NR_listxattr] = CALL(STRING, OUT, VALUE),
	[__NR_llistxattr] = CALL(STRING, OUT, VALUE),
	[__NR_flistxattr] = CALL(VALUE, OUT, VALUE),
	[__NR_listxattrat] = CALL(VALUE, STRING, VALUE, OUT, VALUE),
	[__NR_removexattr] = CALL(STRING, STRING),
	[__NR_lremovexattr] = CALL(STRING, STRING),
	[__NR_fremovexattr] = CALL(VALUE, STRING),
	[__NR_removexattrat] = CALL(VALUE, STRING, VALUE, STRING),

	/* Mounting */
	[__NR_mount]	= CALL(STRING_NULL(ALWAYS), STRING, STRING_NULL(ALWAYS),
			       VALUE, ZERO),
	[__NR_umount2]	= CALL(STRING, VALUE),
	[__NR_pivot_root] = CALL(STRING, STRING),
	[__NR_open_tree] = CALL(VALUE, STRING, VALUE),
	[__NR_move_mount] = CALL(VALUE, STRING, VALUE, STRING, VALUE),
	[__NR_mount_setattr] = CALL(VALUE, STRING, VALUE, BYTES(4), VALUE),
	[__NR_fsopen]	= CALL(STRING, VALUE),
	[__NR_fsconfig]	= { .permitted = true, .by_command = true },
	[__NR_fspick]	= CALL(VALUE, STRING, VALUE),

	/* Watching */
	[__NR_inotify_add_watch] = CALL(VALUE, STRING, VALUE),
	[__NR_fanotify_mark] = CALL(VALUE, VALUE, VALUE, VALUE, STRING_NULL(ALWAYS)),

	/* The system */
	[__NR_sched_setscheduler] = CALL(VALUE, VALUE, STRUCT(struct sched_param)),
	[__NR_sched_setparam] = CALL(VALUE, STRUCT(struct sched_param)),
	[__NR_sched_setattr] = CALL(VALUE, SCHED_ATTR, VALUE),
	[__NR_sethostname] = CALL(BYTES_NULL(1, EMPTY), VALUE),
	[__NR_setdomainname] = CALL(BYTES_NULL(1, EMPTY), VALUE),
	[__NR_clock_settime] = CALL(VALUE, STRUCT(struct __kernel_timespec)),
	[__NR_finit_module] = CALL(VALUE, STRING, VALUE),
};

/* fsconfig(fd, command, key, value, aux) with a string for a value, or none. */
static const struct seccomp_inject_call seccomp_inject_fsconfig[] = {
	[FSCONFIG_SET_FLAG]	= CALL(VALUE, VALUE, STRING, ZERO, VALUE),
	[FSCONFIG_SET_STRING]	= CALL(VALUE, VALUE, STRING, STRING, VALUE),
	[FSCONFIG_SET_PATH]	= CALL(VALUE, VALUE, STRING, STRING, VALUE),
	[FSCONFIG_SET_PATH_EMPTY] = CALL(VALUE, VALUE, STRING, STRING, VALUE),
	[FSCONFIG_SET_FD]	= CALL(VALUE, VALUE, STRING, ZERO, VALUE),
	[FSCONFIG_CMD_CREATE]	= CALL(VALUE, VALUE, ZERO, ZERO, VALUE),
	[FSCONFIG_CMD_RECONFIGURE] = CALL(VALUE, VALUE, ZERO, ZERO, VALUE),
	[FSCONFIG_CMD_CREATE_EXCL] = CALL(VALUE, VALUE, ZERO, ZERO, VALUE),
};

/* A message and its segments, or argv and envp, are the most that a call has. */
#define MAX_TABLES	2

/**
 * struct inject_walk - one walk over the arguments of a request
 * @inj: the request
 * @buf: its buffer, which does not change while @base is 0
 * @base: 0: check every pointer. Else: add it to every pointer in @buf, which
 *        an earlier walk has checked.
 * @nr_tables: how many @tables there are
 * @tables: the ranges of @buf that hold pointers. They are found before the
 *          check, so that nothing else may lie in them: a word that is
 *          relocated must be that one word only, or it would end as an address
 *          of the target's choice.
 *
 * A plain string or byte range may overlap others.
 */
struct inject_walk {
	const struct seccomp_notif_inject *inj;
	void *buf;
	unsigned long base;
	unsigned int nr_tables;
	struct inject_range {
		u32 start;
		u32 end;
		/* One past the last NUL before start; 0: none, or not known yet */
		u32 strings_end;
	} tables[MAX_TABLES + 1];
};

/* What stands at an offset that was checked, also while that is speculation. */
static void *at(const struct inject_walk *w, u64 offset)
{
	return w->buf + array_index_nospec(offset, w->inj->buf_size);
}

static u64 load(const struct inject_walk *w, u64 offset)
{
	return get_unaligned((u64 *)at(w, offset));
}

static bool in_buffer(const struct inject_walk *w, u64 offset, u64 len)
{
	return offset <= w->inj->buf_size && len <= w->inj->buf_size - offset;
}

static bool in_table(const struct inject_walk *w, u64 offset, u64 len)
{
	unsigned int i;

	for (i = 0; len && i < w->nr_tables; i++)
		if (offset < w->tables[i].end &&
		    offset + len > w->tables[i].start)
			return true;
	return false;
}

static int add_table(struct inject_walk *w, u64 offset, u64 len)
{
	if (!in_buffer(w, offset, len) || in_table(w, offset, len))
		return -EINVAL;
	if (!len)
		return 0;
	w->tables[w->nr_tables++] = (struct inject_range) {
		.start = offset,
		.end = offset + len,
	};
	return 0;
}

/*
 * A string ends before the table that follows it, or in the buffer. Looking
 * for the last NUL of that stretch, once, keeps thousands of pointers to the
 * same long string cheap.
 */
static int check_string(struct inject_walk *w, u64 offset)
{
	struct inject_range *next = &w->tables[w->nr_tables];
	unsigned int i;

	next->start = w->inj->buf_size;
	if (!in_buffer(w, offset, 1) || in_table(w, offset, 1))
		return -EINVAL;
	for (i = 0; i < w->nr_tables; i++)
		if (w->tables[i].start > offset &&
		    w->tables[i].start < next->start)
			next = &w->tables[i];
	if (!next->strings_end) {
		next->strings_end = next->start;
		while (next->strings_end &&
		       ((const u8 *)w->buf)[next->strings_end - 1])
			next->strings_end--;
	}
	return offset < next->strings_end ? 0 : -EINVAL;
}

static int check_bytes(const struct inject_walk *w, u64 offset, u64 len)
{
	if (!in_buffer(w, offset, len) || in_table(w, offset, len))
		return -EINVAL;
	return 0;
}

/* What sched_setattr() refuses it also writes to: that must not come here. */
static int check_sched_attr(const struct inject_walk *w, u64 offset)
{
	u32 size;

	if (check_bytes(w, offset, SCHED_ATTR_SIZE_VER0))
		return -EINVAL;
	size = get_unaligned((u32 *)at(w, offset)) ?: SCHED_ATTR_SIZE_VER0;
	if (size < SCHED_ATTR_SIZE_VER0 || size > sizeof(struct sched_attr))
		return -EINVAL;
	return check_bytes(w, offset, size);
}

/* Messages of other levels may carry addresses: those of RDS do. */
static bool cmsg_level_permitted(int level)
{
	return level == SOL_SOCKET || level == SOL_IP || level == SOL_IPV6;
}

/* Steps as the kernel's own for_each_cmsghdr() does. */
static int check_control(const struct inject_walk *w, u64 offset, u64 len)
{
	struct cmsghdr cmsg;

	if (check_bytes(w, offset, len))
		return -EINVAL;
	while (len >= sizeof(cmsg)) {
		memcpy(&cmsg, at(w, offset), sizeof(cmsg));
		if (cmsg.cmsg_len < sizeof(cmsg) || cmsg.cmsg_len > len ||
		    !cmsg_level_permitted(cmsg.cmsg_level))
			return -EINVAL;
		if (CMSG_ALIGN(cmsg.cmsg_len) >= len)
			break;
		offset += CMSG_ALIGN(cmsg.cmsg_len);
		len -= CMSG_ALIGN(cmsg.cmsg_len);
	}
	return 0;
}

/* First half of a walk: where are pointers? */

static int find_iovec(struct inject_walk *w, u64 offset, u64 count)
{
	if (count > UIO_MAXIOV)
		return -EINVAL;
	return add_table(w, offset, count * sizeof(struct iovec));
}

static int find_msghdr(struct inject_walk *w, u64 offset)
{
	struct user_msghdr msg;

	if (add_table(w, offset, sizeof(msg)))
		return -EINVAL;
	memcpy(&msg, at(w, offset), sizeof(msg));
	if (!msg.msg_iov)
		return msg.msg_iovlen ? -EINVAL : 0;
	return find_iovec(w, (__force u64)msg.msg_iov, msg.msg_iovlen);
}

static int find_strings(struct inject_walk *w, u64 offset)
{
	u64 end = offset;

	while (in_buffer(w, end, sizeof(u64))) {
		end += sizeof(u64);
		if (!load(w, end - sizeof(u64)))
			return add_table(w, offset, end - offset);
	}
	return -EINVAL;
}

static int find_tables(struct inject_walk *w,
		       const struct seccomp_inject_arg *arg, u64 offset)
{
	switch (arg->kind) {
	case INJECT_IOVEC:
		return find_iovec(w, offset, w->inj->args[arg->param]);
	case INJECT_MSGHDR:
		return find_msghdr(w, offset);
	case INJECT_STRINGS:
		return find_strings(w, offset);
	default:
		return 0;
	}
}

/* Second half: what do they point at? */

static void relocate(const struct inject_walk *w, u64 offset)
{
	put_unaligned(load(w, offset) + w->base, (u64 *)at(w, offset));
}

static int walk_iovec(struct inject_walk *w, u64 offset, u64 count)
{
	u64 i, base, len;

	for (i = 0; i < count; i++, offset += sizeof(struct iovec)) {
		base = load(w, offset + offsetof(struct iovec, iov_base));
		len = load(w, offset + offsetof(struct iovec, iov_len));
		/*
		 * NULL goes with an empty segment only, and becomes the
		 * buffer's address: a driver may get to see it.
		 */
		if (w->base)
			relocate(w, offset + offsetof(struct iovec, iov_base));
		else if ((!base && len) || check_bytes(w, base, len))
			return -EINVAL;
	}
	return 0;
}

static int walk_msghdr(struct inject_walk *w, u64 offset)
{
	struct user_msghdr msg;

	memcpy(&msg, at(w, offset), sizeof(msg));
	if (msg.msg_iov && walk_iovec(w, (__force u64)msg.msg_iov, msg.msg_iovlen))
		return -EINVAL;

	if (!w->base) {
		if (msg.msg_name &&
		    check_bytes(w, (__force u64)msg.msg_name, (u32)msg.msg_namelen))
			return -EINVAL;
		if (!msg.msg_control)
			return msg.msg_controllen ? -EINVAL : 0;
		return check_control(w, (__force u64)msg.msg_control,
				     msg.msg_controllen);
	}

	if (msg.msg_name)
		relocate(w, offset + offsetof(struct user_msghdr, msg_name));
	if (msg.msg_iov)
		relocate(w, offset + offsetof(struct user_msghdr, msg_iov));
	if (msg.msg_control)
		relocate(w, offset + offsetof(struct user_msghdr, msg_control));
	return 0;
}

static int walk_strings(struct inject_walk *w, u64 offset)
{
	u64 string;

	while ((string = load(w, offset))) {
		if (w->base)
			relocate(w, offset);
		else if (check_string(w, string))
			return -EINVAL;
		offset += sizeof(u64);
	}
	return 0;
}

/* The one walk. It can fail only while @w->base is 0. */
static int walk_pointer(struct inject_walk *w,
			const struct seccomp_inject_arg *arg, u64 offset)
{
	switch (arg->kind) {
	case INJECT_IOVEC:
		return walk_iovec(w, offset, w->inj->args[arg->param]);
	case INJECT_MSGHDR:
		return walk_msghdr(w, offset);
	case INJECT_STRINGS:
		return walk_strings(w, offset);
	case INJECT_STRING:
		return check_string(w, offset);
	case INJECT_BYTES:
		return check_bytes(w, offset, w->inj->args[arg->param]);
	case INJECT_STRUCT:
		return check_bytes(w, offset, arg->param);
	case INJECT_SCHED_ATTR:
		return check_sched_attr(w, offset);
	default:
		return -EINVAL;
	}
}

static bool null_permitted(const struct inject_walk *w,
			   const struct seccomp_inject_arg *arg)
{
	switch (arg->null) {
	case INJECT_NULL_ALWAYS:
		return true;
	case INJECT_NULL_EMPTY:
		return w->inj->args[arg->param] == 0;
	case INJECT_NULL_DIRFD:
		return (int)w->inj->args[0] != AT_FDCWD;
	default:
		return false;
	}
}

/* An argument that is no offset into the buffer. */
static int check_plain(const struct inject_walk *w,
		       const struct seccomp_inject_arg *arg, u64 value)
{
	switch (arg->kind) {
	case INJECT_MSG_FLAGS:
		return value & MSG_ZEROCOPY ? -EINVAL : 0;
	case INJECT_ZERO:
		return value ? -EINVAL : 0;
	default:
		return !value && null_permitted(w, arg) ? 0 : -EINVAL;
	}
}

/* Every argument is what its row says, as far as the buffer need not be read. */
static int check_kinds(struct inject_walk *w,
		       const struct seccomp_inject_call *call)
{
	const unsigned long in_buf = w->inj->args_in_buf_mask;
	const unsigned long plain = call->checked & ~in_buf;
	int i;

	for_each_set_bit(i, &plain, SECCOMP_INJECT_ARGS)
		if (check_plain(w, &call->args[i], w->inj->args[i]))
			return -EINVAL;
	for_each_set_bit(i, &in_buf, SECCOMP_INJECT_ARGS)
		if (find_tables(w, &call->args[i], w->inj->args[i]))
			return -EINVAL;
	return 0;
}

/**
 * seccomp_inject_lookup - find the row of a system call
 * @nr: number of the call, all 64 bits of what the supervisor gave
 *
 * Return: the row, or NULL when the call may not be substituted.
 */
const struct seccomp_inject_call *seccomp_inject_lookup(u64 nr)
{
	const struct seccomp_inject_call *call;

	if (nr >= ARRAY_SIZE(seccomp_inject_calls))
		return NULL;
	nr = array_index_nospec(nr, ARRAY_SIZE(seccomp_inject_calls));
	call = &seccomp_inject_calls[nr];
	return call->permitted ? call : NULL;
}

/**
 * seccomp_inject_command - the row that counts, where a command picks it
 * @call: row of the system call
 * @command: its second argument, all 64 bits
 *
 * Return: @call itself, the row of @command, or NULL when the call may not be
 * substituted with that command.
 */
const struct seccomp_inject_call *
seccomp_inject_command(const struct seccomp_inject_call *call, u64 command)
{
	if (!call->by_command)
		return call;
	if (command >= ARRAY_SIZE(seccomp_inject_fsconfig))
		return NULL;
	command = array_index_nospec(command,
				     ARRAY_SIZE(seccomp_inject_fsconfig));
	call = &seccomp_inject_fsconfig[command];
	return call->permitted ? call : NULL;
}

/**
 * seccomp_inject_check - may this call run with these arguments?
 * @call: row of @inj->nr
 * @inj: the request; its mask has only bits of arguments
 * @buf: copy of the supervisor's buffer, @inj->buf_size bytes
 *
 * Return: 0, or -EINVAL: a mask bit on an argument that is no input pointer, an
 * input pointer that is neither in the buffer nor a permitted NULL, something
 * that leaves the buffer, words to be relocated that overlap something else,
 * or flags or control messages that are not permitted.
 */
int seccomp_inject_check(const struct seccomp_inject_call *call,
			 const struct seccomp_notif_inject *inj,
			 const void *buf)
{
	struct inject_walk w = { .inj = inj, .buf = (void *)buf };
	const unsigned long in_buf = inj->args_in_buf_mask;
	int i;

	call = seccomp_inject_command(call, inj->args[1]);
	if (!call || check_kinds(&w, call))
		return -EINVAL;
	for_each_set_bit(i, &in_buf, SECCOMP_INJECT_ARGS)
		if (walk_pointer(&w, &call->args[i], inj->args[i]))
			return -EINVAL;
	return 0;
}

/**
 * seccomp_inject_relocate - turn the offsets of a request into addresses
 * @call: row of @inj->nr
 * @inj: the request, which seccomp_inject_check() accepted; its arguments are
 *       changed
 * @buf: the buffer that was checked; nested pointers are changed in it
 * @base: address at which the target will find @buf, not 0
 */
void seccomp_inject_relocate(const struct seccomp_inject_call *call,
			     struct seccomp_notif_inject *inj, void *buf,
			     unsigned long base)
{
	const unsigned long in_buf = inj->args_in_buf_mask;
	int i;

	call = seccomp_inject_command(call, inj->args[1]);
	for_each_set_bit(i, &in_buf, SECCOMP_INJECT_ARGS) {
		if (call->args[i].kind >= INJECT_IOVEC) {
			struct inject_walk w = {
				.inj = inj, .buf = buf, .base = base,
			};

			WARN_ON_ONCE(walk_pointer(&w, &call->args[i],
						  inj->args[i]));
		}
		inj->args[i] += base;
	}
}
