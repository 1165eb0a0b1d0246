// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the table of calls that a seccomp listener may substitute, and
 * of the walk over a request.
 *
 * What each call shall be is written down here once more, by hand from the
 * definitions of the system calls, in another notation than that of the table.
 * Requests are made from this second list.
 */
#include <kunit/test.h>

#include <linux/bits.h>
#include <linux/cleanup.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <linux/uio.h>
#include <linux/unaligned.h>

#include <uapi/linux/mount.h>
#include <uapi/linux/sched/types.h>

#include <asm/unistd.h>

#include "seccomp_inject.h"

#define BASE	0x7f6543210000UL

/**
 * struct expected_row - what a call's row in the table shall be
 * @name: for messages
 * @nr: number of the call
 * @command: its second argument, if that picks the row
 * @args: a word for each argument that the call has: a letter of @kind_letters,
 *        with 'b' and 'i' the number of the argument that is the length or
 *        count, with 't' the size, and then '?' if NULL is always accepted, '~'
 *        if it is for a length of 0, '@' if it is with a file descriptor
 */
struct expected_row {
	const char *name;
	u32 nr;
	u32 command;
	const char *args;
};

static const char kind_letters[] = {
	[INJECT_VALUE] = 'v',
	[INJECT_OUT] = 'o',
	[INJECT_MSG_FLAGS] = 'f',
	[INJECT_ZERO] = 'z',
	[INJECT_STRING] = 's',
	[INJECT_BYTES] = 'b',
	[INJECT_STRUCT] = 't',
	[INJECT_SCHED_ATTR] = 'a',
	[INJECT_IOVEC] = 'i',
	[INJECT_MSGHDR] = 'm',
	[INJECT_STRINGS] = 'S',
};

static const char null_letters[] = {
	[INJECT_NULL_ALWAYS] = '?',
	[INJECT_NULL_EMPTY] = '~',
	[INJECT_NULL_DIRFD] = '@',
};

#define ROW(call, a)	{ .name = #call, .nr = __NR_##call, .args = (a) }
#define FSCONFIG(cmd, a) { .name = "fsconfig " #cmd, .nr = __NR_fsconfig, \
			   .command = FSCONFIG_##cmd, .args = (a) }

static const struct expected_row rows[] = {
	ROW(connect,		"v b2~ v"),
	ROW(bind,		"v b2~ v"),
	ROW(sendto,		"v b2~ v f b5? v"),
	ROW(sendmsg,		"v m f"),
	ROW(write,		"v b2 v"),
	ROW(pwrite64,		"v b2 v v"),
	ROW(writev,		"v i2~ v"),
	ROW(pwritev,		"v i2~ v v v"),
	ROW(pwritev2,		"v i2~ v v v v"),
	ROW(openat,		"v s v v"),
	ROW(openat2,		"v s b3 v"),
	ROW(memfd_create,	"s v"),
	ROW(execve,		"s S? S?"),
	ROW(execveat,		"v s S? S? v"),
	ROW(mkdirat,		"v s v"),
	ROW(mknodat,		"v s v v"),
	ROW(unlinkat,		"v s v"),
	ROW(renameat2,		"v s v s v"),
	ROW(linkat,		"v s v s v"),
	ROW(symlinkat,		"s v s"),
	ROW(readlinkat,		"v s o v"),
	ROW(fchmod,		"v v"),
	ROW(fchmodat,		"v s v"),
	ROW(fchmodat2,		"v s v v"),
	ROW(fchown,		"v v v"),
	ROW(fchownat,		"v s v v v"),
	ROW(truncate,		"s v"),
	ROW(utimensat,		"v s@ t32? v"),
	ROW(statx,		"v s v v o"),
	ROW(statfs,		"s o"),
	ROW(faccessat,		"v s v"),
	ROW(faccessat2,		"v s v v"),
	ROW(chdir,		"s"),
	ROW(chroot,		"s"),
	ROW(setxattr,		"s s b3~ v v"),
	ROW(lsetxattr,		"s s b3~ v v"),
	ROW(fsetxattr,		"v s b3~ v v"),
	ROW(getxattr,		"s s o v"),
	ROW(lgetxattr,		"s s o v"),
	ROW(fgetxattr,		"v s o v"),
	ROW(listxattr,		"s o v"),
	ROW(llistxattr,		"s o v"),
	ROW(flistxattr,		"v o v"),
	ROW(listxattrat,	"v s v o v"),
	ROW(removexattr,	"s s"),
	ROW(lremovexattr,	"s s"),
	ROW(fremovexattr,	"v s"),
	ROW(removexattrat,	"v s v s"),
	ROW(mount,		"s? s s? v z"),
	ROW(umount2,		"s v"),
	ROW(pivot_root,		"s s"),
	ROW(open_tree,		"v s v"),
	ROW(move_mount,		"v s v s v"),
	ROW(mount_setattr,	"v s v b4 v"),
	ROW(fsopen,		"s v"),
	FSCONFIG(SET_FLAG,	"v v s z v"),
	FSCONFIG(SET_STRING,	"v v s s v"),
	FSCONFIG(SET_PATH,	"v v s s v"),
	FSCONFIG(SET_PATH_EMPTY, "v v s s v"),
	FSCONFIG(SET_FD,	"v v s z v"),
	FSCONFIG(CMD_CREATE,	"v v z z v"),
	FSCONFIG(CMD_RECONFIGURE, "v v z z v"),
	FSCONFIG(CMD_CREATE_EXCL, "v v z z v"),
	ROW(fspick,		"v s v"),
	ROW(inotify_add_watch,	"v s v"),
	ROW(fanotify_mark,	"v v v v s?"),
	ROW(sched_setscheduler,	"v v t4"),
	ROW(sched_setparam,	"v t4"),
	ROW(sched_setattr,	"v a v"),
	ROW(sethostname,	"b1~ v"),
	ROW(setdomainname,	"b1~ v"),
	ROW(clock_settime,	"v t16"),
	ROW(finit_module,	"v s v"),
#ifdef __NR_renameat
	ROW(renameat,		"v s v s"),
#endif
#ifdef __NR_newfstatat
	ROW(newfstatat,		"v s o v"),
#endif
	/* An architecture has all of these, or none. */
#ifdef __NR_open
	ROW(open,		"s v v"),
	ROW(creat,		"s v"),
	ROW(mkdir,		"s v"),
	ROW(mknod,		"s v v"),
	ROW(unlink,		"s"),
	ROW(rmdir,		"s"),
	ROW(rename,		"s s"),
	ROW(link,		"s s"),
	ROW(symlink,		"s s"),
	ROW(readlink,		"s o v"),
	ROW(chmod,		"s v"),
	ROW(chown,		"s v v"),
	ROW(lchown,		"s v v"),
	ROW(utime,		"s t16?"),
	ROW(utimes,		"s t32?"),
	ROW(futimesat,		"v s@ t32?"),
	ROW(stat,		"s o"),
	ROW(lstat,		"s o"),
	ROW(access,		"s v"),
#endif
};

KUNIT_ARRAY_PARAM_DESC(row, rows, name);

/**
 * struct request - a request that is being made up
 * @inj: the request proper; @inj.buf_size grows with what is put into @buf
 * @arg: what its arguments are
 * @nr_words: how many @words there are
 * @words: where in @buf there are pointers that relocation has to change
 * @buf: the buffer
 */
struct request {
	struct seccomp_notif_inject inj;
	struct seccomp_inject_arg arg[SECCOMP_INJECT_ARGS];
	unsigned int nr_words;
	u32 words[UIO_MAXIOV];
	u8 *buf;
};

static struct request *new_request(struct kunit *test, u64 nr, u32 capacity)
{
	struct request *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, r);
	r->buf = kunit_kzalloc(test, capacity, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, r->buf);
	r->inj.nr = nr;
	return r;
}

static u64 get_word(const struct request *r, u64 at)
{
	return get_unaligned((u64 *)(r->buf + at));
}

static void set_word(struct request *r, u64 at, u64 value)
{
	put_unaligned(value, (u64 *)(r->buf + at));
}

static void set_int(struct request *r, u64 at, u32 value)
{
	put_unaligned(value, (u32 *)(r->buf + at));
}

static void use_argument(struct request *r, int i, u64 offset)
{
	r->inj.args[i] = offset;
	r->inj.args_in_buf_mask |= BIT(i);
}

/* What the call leaves after relocation at BASE: that, and nothing else. */
static void expect_relocated(struct kunit *test, const struct request *r)
{
	const struct seccomp_inject_call *call = seccomp_inject_lookup(r->inj.nr);
	struct seccomp_notif_inject want_inj = r->inj, inj = r->inj;
	const u32 size = inj.buf_size;
	unsigned int i;

	u8 *want __free(kfree) = kmemdup(r->buf, size, GFP_KERNEL);
	u8 *buf __free(kfree) = kmemdup(r->buf, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, want);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	for (i = 0; i < r->nr_words; i++)
		put_unaligned(get_word(r, r->words[i]) + BASE,
			      (u64 *)(want + r->words[i]));

	for (i = 0; i < SECCOMP_INJECT_ARGS; i++)
		if (inj.args_in_buf_mask & BIT(i))
			want_inj.args[i] += BASE;

	seccomp_inject_relocate(call, &inj, buf, BASE);
	KUNIT_EXPECT_MEMEQ(test, buf, want, size);
	KUNIT_EXPECT_MEMEQ(test, &inj, &want_inj, sizeof(inj));
}

/*
 * Check a request, in a copy of exactly its size so that KASAN sees what is
 * read behind it, and which has to stay as it is. What is accepted is also
 * relocated.
 */
static int check(struct kunit *test, const struct request *r)
{
	const struct seccomp_inject_call *call = seccomp_inject_lookup(r->inj.nr);
	struct seccomp_notif_inject inj = r->inj;
	const u32 size = inj.buf_size;
	int ret;

	u8 *buf __free(kfree) = kmemdup(r->buf, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, call);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	ret = seccomp_inject_check(call, &inj, buf);
	KUNIT_EXPECT_MEMEQ(test, buf, r->buf, size);
	KUNIT_EXPECT_MEMEQ(test, &inj, &r->inj, sizeof(inj));
	if (!ret)
		expect_relocated(test, r);
	return ret;
}

/* Check with one argument replaced. */
static int check_with(struct kunit *test, struct request *r, int i, u64 value)
{
	u64 old = r->inj.args[i];
	int ret;

	r->inj.args[i] = value;
	ret = check(test, r);
	r->inj.args[i] = old;
	return ret;
}

/* Note the words of a structure that have to be relocated. */

static void mark_word(struct request *r, u64 at)
{
	r->words[r->nr_words++] = at;
}

static void mark_iovec(struct request *r, u64 at, u64 count)
{
	for (; count--; at += sizeof(struct iovec))
		mark_word(r, at + offsetof(struct iovec, iov_base));
}

static void mark_message(struct request *r, u64 at)
{
	u64 iov = get_word(r, at + offsetof(struct user_msghdr, msg_iov));

	if (get_word(r, at + offsetof(struct user_msghdr, msg_name)))
		mark_word(r, at + offsetof(struct user_msghdr, msg_name));
	if (get_word(r, at + offsetof(struct user_msghdr, msg_control)))
		mark_word(r, at + offsetof(struct user_msghdr, msg_control));
	if (!iov)
		return;
	mark_word(r, at + offsetof(struct user_msghdr, msg_iov));
	mark_iovec(r, iov,
		   get_word(r, at + offsetof(struct user_msghdr, msg_iovlen)));
}

static void mark_strings(struct request *r, u64 at)
{
	for (; get_word(r, at); at += sizeof(u64))
		mark_word(r, at);
}

/* Put something behind all else in the buffer; return its offset. */

static u32 put(struct request *r, const void *data, u32 len)
{
	u32 at = r->inj.buf_size;

	if (data)
		memcpy(r->buf + at, data, len);
	else
		memset(r->buf + at, 0xa5, len);
	r->inj.buf_size += len;
	return at;
}

static u32 put_sched_attr(struct request *r)
{
	u32 at = put(r, NULL, SCHED_ATTR_SIZE_VER0);

	set_int(r, at, SCHED_ATTR_SIZE_VER0);
	return at;
}

static u32 put_iovec(struct request *r, u32 count)
{
	u32 i, at = put(r, NULL, count * sizeof(struct iovec));

	for (i = 0; i < count; i++) {
		u32 iov = at + i * sizeof(struct iovec);

		set_word(r, iov + offsetof(struct iovec, iov_base),
			 put(r, "data", 4));
		set_word(r, iov + offsetof(struct iovec, iov_len), 4);
	}
	return at;
}

static u32 put_control(struct request *r)
{
	u32 at = put(r, NULL, CMSG_SPACE(sizeof(int)));

	set_word(r, at + offsetof(struct cmsghdr, cmsg_len),
		 CMSG_LEN(sizeof(int)));
	set_int(r, at + offsetof(struct cmsghdr, cmsg_level), SOL_SOCKET);
	return at;
}

static u32 put_message(struct request *r)
{
	u32 at = put(r, NULL, sizeof(struct user_msghdr));

	set_word(r, at + offsetof(struct user_msghdr, msg_name),
		 put(r, "address", 7));
	set_int(r, at + offsetof(struct user_msghdr, msg_namelen), 7);
	set_word(r, at + offsetof(struct user_msghdr, msg_iov),
		 put_iovec(r, 3));
	set_word(r, at + offsetof(struct user_msghdr, msg_iovlen), 3);
	set_word(r, at + offsetof(struct user_msghdr, msg_control),
		 put_control(r));
	set_word(r, at + offsetof(struct user_msghdr, msg_controllen),
		 CMSG_SPACE(sizeof(int)));
	return at;
}

static u32 put_strings(struct request *r)
{
	u32 at = put(r, NULL, 3 * sizeof(u64));

	set_word(r, at, put(r, "first", 6));
	set_word(r, at + sizeof(u64), put(r, "second", 7));
	set_word(r, at + 2 * sizeof(u64), 0);
	return at;
}

static u32 put_argument(struct kunit *test, struct request *r,
			const struct seccomp_inject_arg *arg)
{
	u32 at;

	switch (arg->kind) {
	case INJECT_STRING:
		return put(r, "string", 7);
	case INJECT_BYTES:
		r->inj.args[arg->param] = 5;
		return put(r, NULL, 5);
	case INJECT_STRUCT:
		return put(r, NULL, arg->param);
	case INJECT_SCHED_ATTR:
		return put_sched_attr(r);
	case INJECT_IOVEC:
		r->inj.args[arg->param] = 2;
		at = put_iovec(r, 2);
		mark_iovec(r, at, 2);
		return at;
	case INJECT_MSGHDR:
		at = put_message(r);
		mark_message(r, at);
		return at;
	case INJECT_STRINGS:
		at = put_strings(r);
		mark_strings(r, at);
		return at;
	}
	KUNIT_FAIL_AND_ABORT(test, "kind %u is no pointer", arg->kind);
	return 0;
}

static void parse_row(struct kunit *test, const struct expected_row *row,
		      struct seccomp_inject_arg *arg)
{
	const char *p = row->args, *found;
	int i;

	for (i = 0; *p; i++, arg++) {
		KUNIT_ASSERT_LT(test, i, SECCOMP_INJECT_ARGS);
		found = memchr(kind_letters, *p++, sizeof(kind_letters));
		KUNIT_ASSERT_NOT_NULL(test, found);
		arg->kind = found - kind_letters;
		while (isdigit(*p))
			arg->param = arg->param * 10 + *p++ - '0';
		found = *p ? memchr(null_letters, *p, sizeof(null_letters)) :
			     NULL;
		if (found) {
			arg->null = found - null_letters;
			p++;
		}
		p = skip_spaces(p);
	}
}

static u64 plain_argument(const struct seccomp_inject_arg *arg, int i)
{
	switch (arg->kind) {
	case INJECT_OUT:
		return BASE / 2 + i;
	case INJECT_MSG_FLAGS:
		return MSG_NOSIGNAL;
	case INJECT_ZERO:
		return 0;
	default:
		return 0x1234567800000100 + i;
	}
}

static bool is_pointer(const struct seccomp_inject_arg *arg)
{
	return arg->kind >= INJECT_STRING;
}

/*
 * Make a good request: @nulls are the pointers that shall be NULL, and the
 * buffer ends where the argument @last does.
 */
static struct request *good_request(struct kunit *test, u32 nulls, int last)
{
	const struct expected_row *row = test->param_value;
	struct request *r = new_request(test, row->nr, 1024);
	int i, at;

	parse_row(test, row, r->arg);
	for (i = 0; i < SECCOMP_INJECT_ARGS; i++)
		r->inj.args[i] = plain_argument(&r->arg[i], i);
	if (row->nr == __NR_fsconfig)
		r->inj.args[1] = row->command;

	/* Nothing is at 0, and most is unaligned. */
	put(r, NULL, 9);
	/* From @last + 1 around to @last. */
	for (at = 1; at <= SECCOMP_INJECT_ARGS; at++) {
		i = (last + at) % SECCOMP_INJECT_ARGS;
		if (!is_pointer(&r->arg[i]))
			continue;
		if (!(nulls & BIT(i))) {
			use_argument(r, i, put_argument(test, r, &r->arg[i]));
			continue;
		}
		r->inj.args[i] = 0;
		if (r->arg[i].null == INJECT_NULL_EMPTY)
			r->inj.args[r->arg[i].param] = 0;
	}
	return r;
}

static void row_is_right(struct kunit *test)
{
	const struct expected_row *row = test->param_value;
	const struct seccomp_inject_call *call = seccomp_inject_lookup(row->nr);
	struct seccomp_inject_arg want[SECCOMP_INJECT_ARGS] = {};
	int i;

	KUNIT_ASSERT_NOT_NULL(test, call);
	KUNIT_EXPECT_EQ(test, call->by_command, row->nr == __NR_fsconfig);
	call = seccomp_inject_command(call, row->command);
	KUNIT_ASSERT_NOT_NULL(test, call);
	parse_row(test, row, want);
	for (i = 0; i < SECCOMP_INJECT_ARGS; i++) {
		KUNIT_EXPECT_EQ_MSG(test, call->args[i].kind, want[i].kind,
				    "argument %d", i);
		KUNIT_EXPECT_EQ_MSG(test, call->args[i].null, want[i].null,
				    "argument %d", i);
		KUNIT_EXPECT_EQ_MSG(test, call->args[i].param, want[i].param,
				    "argument %d", i);
	}
}

/* With each pointer ending where the buffer does, and one byte later. */
static void row_accepts_up_to_the_end(struct kunit *test)
{
	int i;

	for (i = 0; i < SECCOMP_INJECT_ARGS; i++) {
		struct request *r = good_request(test, 0, i);

		KUNIT_EXPECT_EQ_MSG(test, check(test, r), 0, "argument %d", i);
		if (!is_pointer(&r->arg[i]))
			continue;
		r->inj.buf_size--;
		KUNIT_EXPECT_EQ_MSG(test, check(test, r), -EINVAL,
				    "argument %d", i);
	}
}

/* A bit too many is on no input pointer, one too few leaves an address. */
static void row_accepts_one_mask(struct kunit *test)
{
	struct request *r = good_request(test, 0, 0);
	u32 mask, good = r->inj.args_in_buf_mask;

	for (mask = 0; mask < BIT(SECCOMP_INJECT_ARGS); mask++) {
		r->inj.args_in_buf_mask = mask;
		KUNIT_EXPECT_EQ_MSG(test, check(test, r),
				    mask == good ? 0 : -EINVAL, "mask %x", mask);
	}
}

static void expect_offsets_refused(struct kunit *test, struct request *r, int i)
{
	const u64 good = r->inj.args[i], size = r->inj.buf_size;
	const u64 bad[] = {
		size, size + 1, U32_MAX, BIT_ULL(32), BIT_ULL(32) + good,
		S64_MAX, BIT_ULL(63), BIT_ULL(63) + good, -8ULL, U64_MAX,
		-good, BASE + good,
	};
	int n;

	for (n = 0; n < ARRAY_SIZE(bad); n++)
		KUNIT_EXPECT_EQ_MSG(test, check_with(test, r, i, bad[n]),
				    -EINVAL, "argument %d is %llx", i, bad[n]);
	/* Its end was that of the buffer. */
	if (r->arg[i].kind == INJECT_BYTES || r->arg[i].kind == INJECT_STRUCT)
		KUNIT_EXPECT_EQ_MSG(test, check_with(test, r, i, good + 1),
				    -EINVAL, "argument %d", i);
	if (r->arg[i].kind == INJECT_STRING)
		KUNIT_EXPECT_EQ_MSG(test, check_with(test, r, i, size - 1), 0,
				    "argument %d", i);
}

static void expect_lengths_refused(struct kunit *test, struct request *r, int i)
{
	const int len = r->arg[i].param;
	const u64 good = r->inj.args[len], at = r->inj.args[i];
	const u64 bad[] = {
		BIT_ULL(32), BIT_ULL(32) + good, S64_MAX, BIT_ULL(63),
		BIT_ULL(63) + good, U64_MAX, -at, -at + 1, U64_MAX - at,
		/* What 16 bytes each make good again. */
		BIT_ULL(60), BIT_ULL(60) + good, good - BIT_ULL(60),
	};
	int n;

	for (n = 0; n < ARRAY_SIZE(bad); n++)
		KUNIT_EXPECT_EQ_MSG(test, check_with(test, r, len, bad[n]),
				    -EINVAL, "argument %d has %llx", i, bad[n]);
}

static void expect_bytes(struct kunit *test, struct request *r, int i)
{
	const int len = r->arg[i].param;
	const u64 good = r->inj.args[len], at = r->inj.args[i];

	KUNIT_EXPECT_EQ(test, check_with(test, r, len, good + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, check_with(test, r, len, good - 1), 0);
	/* No bytes can be anywhere in the buffer, and at its end. */
	r->inj.args[len] = 0;
	KUNIT_EXPECT_EQ(test, check(test, r), 0);
	KUNIT_EXPECT_EQ(test, check_with(test, r, i, at + good), 0);
	KUNIT_EXPECT_EQ(test, check_with(test, r, i, at + good + 1), -EINVAL);
	r->inj.args[len] = good;
}

/* NULL with each of these as first argument. */
static void expect_null_dirfd(struct kunit *test, struct request *r)
{
	static const struct {
		u64 fd;
		int error;
	} fds[] = {
		{ 0, 0 },
		{ 3, 0 },
		{ (u64)-1, 0 },
		{ (u64)AT_FDCWD, -EINVAL },
		{ (u32)AT_FDCWD, -EINVAL },
		{ BIT_ULL(32) + (u32)AT_FDCWD, -EINVAL },
		{ BIT_ULL(63) + (u32)AT_FDCWD, -EINVAL },
		{ (u64)AT_FDCWD + 1, 0 },
		{ (u64)AT_FDCWD - 1, 0 },
	};
	int n;

	for (n = 0; n < ARRAY_SIZE(fds); n++)
		KUNIT_EXPECT_EQ_MSG(test, check_with(test, r, 0, fds[n].fd),
				    fds[n].error, "descriptor %llx", fds[n].fd);
}

static void expect_null(struct kunit *test, int i)
{
	struct request *r = good_request(test, BIT(i), i);
	const int len = r->arg[i].param;

	switch (r->arg[i].null) {
	case INJECT_NULL_ALWAYS:
		KUNIT_EXPECT_EQ_MSG(test, check(test, r), 0, "argument %d", i);
		break;
	case INJECT_NULL_DIRFD:
		expect_null_dirfd(test, r);
		break;
	case INJECT_NULL_EMPTY:
		KUNIT_EXPECT_EQ_MSG(test, check(test, r), 0, "argument %d", i);
		KUNIT_EXPECT_EQ(test, check_with(test, r, len, 1), -EINVAL);
		KUNIT_EXPECT_EQ(test, check_with(test, r, len, BIT_ULL(32)),
				-EINVAL);
		break;
	default:
		KUNIT_EXPECT_EQ_MSG(test, check(test, r), -EINVAL,
				    "argument %d", i);
		if (r->arg[i].kind == INJECT_BYTES)
			KUNIT_EXPECT_EQ(test, check_with(test, r, len, 0),
					-EINVAL);
	}
	/* An address is no NULL. */
	KUNIT_EXPECT_EQ_MSG(test, check_with(test, r, i, BIT_ULL(32)), -EINVAL,
			    "argument %d", i);
}

static void row_checks_pointers(struct kunit *test)
{
	int i;

	for (i = 0; i < SECCOMP_INJECT_ARGS; i++) {
		struct request *r = good_request(test, 0, i);

		if (!is_pointer(&r->arg[i]))
			continue;
		expect_offsets_refused(test, r, i);
		expect_null(test, i);
		if (r->arg[i].kind == INJECT_BYTES)
			expect_bytes(test, r, i);
		if (r->arg[i].kind == INJECT_BYTES ||
		    r->arg[i].kind == INJECT_IOVEC)
			expect_lengths_refused(test, r, i);
	}
}

static bool is_length(const struct request *r, int i)
{
	int n;

	for (n = 0; n < SECCOMP_INJECT_ARGS; n++)
		if ((r->arg[n].kind == INJECT_BYTES ||
		     r->arg[n].kind == INJECT_IOVEC) && r->arg[n].param == i)
			return true;
	return false;
}

static void row_passes_values(struct kunit *test)
{
	struct request *r = good_request(test, 0, 0);
	const u64 values[] = { 0, 1, BIT_ULL(32), BIT_ULL(63), U64_MAX };
	int i, n, error;

	for (i = 0; i < SECCOMP_INJECT_ARGS; i++) {
		if (is_pointer(&r->arg[i]) || is_length(r, i) ||
		    (r->inj.nr == __NR_fsconfig && i == 1))
			continue;
		for (n = 0; n < ARRAY_SIZE(values); n++) {
			error = 0;
			if (r->arg[i].kind == INJECT_ZERO && values[n])
				error = -EINVAL;
			if (r->arg[i].kind == INJECT_MSG_FLAGS &&
			    values[n] & MSG_ZEROCOPY)
				error = -EINVAL;
			KUNIT_EXPECT_EQ_MSG(test,
					    check_with(test, r, i, values[n]),
					    error, "argument %d is %llx", i,
					    values[n]);
		}
	}
}

static bool row_exists(u64 nr)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].nr == nr)
			return true;
	return false;
}

/* What is not in the list above is not in the table. */
static void numbers(struct kunit *test)
{
	u64 nr;
	int i;

	for (nr = 0; nr < 4096; nr++)
		KUNIT_EXPECT_EQ_MSG(test, !!seccomp_inject_lookup(nr),
				    row_exists(nr), "call %llu", nr);
	for (i = 0; i < 64; i++) {
		nr = BIT_ULL(i);
		KUNIT_EXPECT_EQ_MSG(test, !!seccomp_inject_lookup(nr),
				    row_exists(nr), "call %llx", nr);
		/* The 30th is x32's. */
		if (i < 12)
			continue;
		nr += __NR_openat;
		KUNIT_EXPECT_NULL_MSG(test, seccomp_inject_lookup(nr),
				      "call %llx", nr);
	}
	KUNIT_EXPECT_NULL(test, seccomp_inject_lookup(U64_MAX));
	KUNIT_EXPECT_NULL(test, seccomp_inject_lookup(U32_MAX));
	KUNIT_EXPECT_NULL(test, seccomp_inject_lookup(-(u64)__NR_openat));
}

static void fsconfig_commands(struct kunit *test)
{
	const u64 bad[] = {
		FSCONFIG_SET_BINARY, FSCONFIG_CMD_CREATE_EXCL + 1, 255, 256,
		BIT_ULL(32) + FSCONFIG_SET_STRING,
		BIT_ULL(63) + FSCONFIG_SET_STRING, U32_MAX, U64_MAX,
	};
	struct request *r = new_request(test, __NR_fsconfig, 8);
	int i;

	put(r, "key", 4);
	use_argument(r, 2, 0);
	use_argument(r, 3, 1);
	KUNIT_EXPECT_EQ(test, check_with(test, r, 1, FSCONFIG_SET_STRING), 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, check_with(test, r, 1, bad[i]),
				    -EINVAL, "command %llx", bad[i]);
	/* Not even with nothing else. */
	r->inj.args_in_buf_mask = 0;
	memset(r->inj.args, 0, sizeof(r->inj.args));
	KUNIT_EXPECT_EQ(test, check_with(test, r, 1, FSCONFIG_CMD_CREATE), 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, check_with(test, r, 1, bad[i]),
				    -EINVAL, "command %llx", bad[i]);
}

/* MSG_ZEROCOPY beside all other bits, and all others without it. */
static void zerocopy_flag(struct kunit *test)
{
	struct request *to = new_request(test, __NR_sendto, 8);
	struct request *msg = new_request(test, __NR_sendmsg, 64);
	const u64 bad[] = {
		MSG_ZEROCOPY, MSG_ZEROCOPY | MSG_DONTWAIT,
		BIT_ULL(63) + MSG_ZEROCOPY, U64_MAX, U32_MAX,
	};
	int i;

	put(to, "data", 4);
	use_argument(to, 1, 0);
	to->inj.args[2] = 4;
	msg->inj.buf_size = sizeof(struct user_msghdr);
	use_argument(msg, 1, 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ(test, check_with(test, to, 3, bad[i]), -EINVAL);
		KUNIT_EXPECT_EQ(test, check_with(test, msg, 2, bad[i]), -EINVAL);
	}
	KUNIT_EXPECT_EQ(test, check_with(test, to, 3, ~(u64)MSG_ZEROCOPY), 0);
	KUNIT_EXPECT_EQ(test, check_with(test, msg, 2, ~(u64)MSG_ZEROCOPY), 0);
}

/* Strings */

static const struct string_case {
	const char *name;
	const char *bytes;
	u32 size;
	u64 offset;
	int error;
} string_cases[] = {
	{ "no buffer",			"", 0, 0, -EINVAL },
	{ "empty string",		"", 1, 0, 0 },
	{ "behind it",			"", 1, 1, -EINVAL },
	{ "one byte, no NUL",		"a", 1, 0, -EINVAL },
	{ "NUL is the last byte",	"abc", 4, 0, 0 },
	{ "NUL is one past the end",	"abc", 3, 0, -EINVAL },
	{ "starts at its NUL",		"abc", 4, 3, 0 },
	{ "starts at the end",		"abc", 4, 4, -EINVAL },
	{ "the last string has no NUL",	"a\0bc", 4, 2, -EINVAL },
	{ "the first string has one",	"a\0bc", 4, 0, 0 },
	{ "NUL right before",		"\0abc", 4, 1, -EINVAL },
	{ "two NULs",			"a\0b", 4, 0, 0 },
	{ "the second one",		"a\0b", 4, 2, 0 },
};

KUNIT_ARRAY_PARAM_DESC(string, string_cases, name);

static void string_edges(struct kunit *test)
{
	const struct string_case *c = test->param_value;
	struct request *r = new_request(test, __NR_chdir, 8);

	put(r, c->bytes, c->size);
	use_argument(r, 0, c->offset);
	KUNIT_EXPECT_EQ(test, check(test, r), c->error);
}

static void strings_may_overlap(struct kunit *test)
{
	struct request *r = new_request(test, __NR_renameat2, 8);

	put(r, "/a/b", 5);
	use_argument(r, 1, 0);
	use_argument(r, 3, 0);
	KUNIT_EXPECT_EQ(test, check(test, r), 0);
	KUNIT_EXPECT_EQ(test, check_with(test, r, 3, 2), 0);
	KUNIT_EXPECT_EQ(test, check_with(test, r, 1, 4), 0);
	KUNIT_EXPECT_EQ(test, check_with(test, r, 1, 5), -EINVAL);
}

static void string_in_the_largest_buffer(struct kunit *test)
{
	const u32 size = SECCOMP_NOTIF_INJECT_BUF_MAX;
	struct request *r = new_request(test, __NR_chdir, size);

	put(r, NULL, size);
	use_argument(r, 0, 0);
	KUNIT_EXPECT_EQ(test, check(test, r), -EINVAL);
	r->buf[size - 1] = '\0';
	KUNIT_EXPECT_EQ(test, check(test, r), 0);
	KUNIT_EXPECT_EQ(test, check_with(test, r, 0, size - 1), 0);
	KUNIT_EXPECT_EQ(test, check_with(test, r, 0, size), -EINVAL);
	r->inj.buf_size--;
	KUNIT_EXPECT_EQ(test, check(test, r), -EINVAL);
}

/* struct sched_attr, at an odd offset, with @room bytes to the buffer's end */

static const struct attr_case {
	const char *name;
	u32 size;
	u32 room;
	int error;
} attr_cases[] = {
	{ "size 0 is the first size", 0, SCHED_ATTR_SIZE_VER0, 0 },
	{ "size 0, too little", 0, SCHED_ATTR_SIZE_VER0 - 1, -EINVAL },
	{ "size 1", 1, 256, -EINVAL },
	{ "first size - 1", SCHED_ATTR_SIZE_VER0 - 1, 256, -EINVAL },
	{ "first size", SCHED_ATTR_SIZE_VER0, SCHED_ATTR_SIZE_VER0, 0 },
	{ "first size, too little", SCHED_ATTR_SIZE_VER0,
	  SCHED_ATTR_SIZE_VER0 - 1, -EINVAL },
	{ "first size + 1", SCHED_ATTR_SIZE_VER0 + 1,
	  SCHED_ATTR_SIZE_VER0 + 1, 0 },
	{ "first size + 1, too little", SCHED_ATTR_SIZE_VER0 + 1,
	  SCHED_ATTR_SIZE_VER0, -EINVAL },
	{ "latest size", sizeof(struct sched_attr),
	  sizeof(struct sched_attr), 0 },
	{ "latest size, too little", sizeof(struct sched_attr),
	  sizeof(struct sched_attr) - 1, -EINVAL },
	/* The call would write its own size over it. */
	{ "latest size + 1", sizeof(struct sched_attr) + 1, 256, -EINVAL },
	{ "size 256", 256, 256, -EINVAL },
	{ "largest size", U32_MAX, 256, -EINVAL },
	{ "only the size itself", 0, sizeof(u32), -EINVAL },
	{ "no room at all", 0, 0, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(attr, attr_cases, name);

static void sched_attr_sizes(struct kunit *test)
{
	const struct attr_case *c = test->param_value;
	struct request *r = new_request(test, __NR_sched_setattr, 512);

	set_int(r, 1, c->size);
	use_argument(r, 1, 1);
	r->inj.buf_size = 1 + c->room;
	KUNIT_EXPECT_EQ(test, check(test, r), c->error);
}

/* struct iovec: one at an odd offset, with zeros before and behind */

#define IOV_AT		35
#define IOV_END		(IOV_AT + sizeof(struct iovec))
#define IOV_SIZE	128

static const struct iovec_case {
	const char *name;
	u64 count;
	u64 base;
	u64 len;
	int error;
} iovec_cases[] = {
	{ "none, and nonsense in it", 0, U64_MAX, U64_MAX, 0 },
	{ "one", 1, 64, 8, 0 },
	{ "two, the second is zero", 2, 96, 8, 0 },
	{ "more than there is room for", 6, 96, 8, -EINVAL },
	{ "to the last byte", 1, 64, IOV_SIZE - 64, 0 },
	{ "one byte past", 1, 64, IOV_SIZE - 63, -EINVAL },
	{ "one byte late", 1, 65, IOV_SIZE - 64, -EINVAL },
	{ "last byte", 1, IOV_SIZE - 1, 1, 0 },
	{ "byte behind", 1, IOV_SIZE, 1, -EINVAL },
	{ "nothing, at the end", 1, IOV_SIZE, 0, 0 },
	{ "nothing, behind the end", 1, IOV_SIZE + 1, 0, -EINVAL },
	{ "NULL and nothing", 1, 0, 0, 0 },
	{ "NULL and a byte", 1, 0, 1, -EINVAL },
	{ "NULL and everything", 1, 0, IOV_SIZE, -EINVAL },
	{ "length 2^32", 1, 64, BIT_ULL(32), -EINVAL },
	{ "length 2^32 and good", 1, 64, BIT_ULL(32) + 8, -EINVAL },
	{ "length 2^63 - 1", 1, 64, S64_MAX, -EINVAL },
	{ "length 2^63", 1, 64, BIT_ULL(63), -EINVAL },
	{ "length -1", 1, 64, U64_MAX, -EINVAL },
	{ "wraps to 0", 1, 64, -64ULL, -EINVAL },
	{ "wraps to the array", 1, 64, -16ULL, -EINVAL },
	{ "offset 2^32 and good", 1, BIT_ULL(32) + 64, 8, -EINVAL },
	{ "offset 2^63", 1, BIT_ULL(63), 8, -EINVAL },
	{ "offset -1", 1, U64_MAX, 1, -EINVAL },
	{ "offset -1 wraps", 1, U64_MAX, 2, -EINVAL },
	{ "offset -1, nothing", 1, U64_MAX, 0, -EINVAL },
	{ "an address", 1, BASE + 64, 8, -EINVAL },
	{ "the array itself", 1, IOV_AT, sizeof(struct iovec), -EINVAL },
	{ "ends at the array", 1, IOV_AT - 1, 1, 0 },
	{ "ends in the array", 1, IOV_AT - 1, 2, -EINVAL },
	{ "starts in the array", 1, IOV_END - 1, 1, -EINVAL },
	{ "starts behind the array", 1, IOV_END, 1, 0 },
	{ "in a second entry", 2, IOV_END, 1, -EINVAL },
	{ "around the array", 1, 1, IOV_SIZE - 1, -EINVAL },
	{ "nothing, in the array", 1, IOV_AT + 4, 0, 0 },
};

KUNIT_ARRAY_PARAM_DESC(iovec, iovec_cases, name);

static void iovec_edges(struct kunit *test)
{
	const struct iovec_case *c = test->param_value;
	struct request *r = new_request(test, __NR_writev, IOV_SIZE);

	r->inj.buf_size = IOV_SIZE;
	set_word(r, IOV_AT, c->base);
	set_word(r, IOV_AT + 8, c->len);
	use_argument(r, 1, IOV_AT);
	r->inj.args[2] = c->count;
	if (!c->error)
		mark_iovec(r, IOV_AT, c->count);
	KUNIT_EXPECT_EQ(test, check(test, r), c->error);
}

static void iovec_counts(struct kunit *test)
{
	const u32 room = (UIO_MAXIOV + 1) * sizeof(struct iovec);
	struct request *r = new_request(test, __NR_writev, room);
	u32 i;

	/* All of them are the last byte, the one that is in no entry. */
	r->inj.buf_size = room - sizeof(struct iovec) + 1;
	for (i = 0; i < UIO_MAXIOV; i++) {
		set_word(r, i * sizeof(struct iovec), r->inj.buf_size - 1);
		set_word(r, i * sizeof(struct iovec) + 8, 1);
	}
	use_argument(r, 1, 0);
	r->inj.args[2] = UIO_MAXIOV;
	mark_iovec(r, 0, UIO_MAXIOV);
	KUNIT_EXPECT_EQ(test, check(test, r), 0);

	r->inj.buf_size--;
	KUNIT_EXPECT_EQ(test, check(test, r), -EINVAL);
	/* One more would fit, and is nothing but zeros. */
	memset(r->buf, 0, room);
	r->inj.buf_size = room;
	KUNIT_EXPECT_EQ(test, check(test, r), 0);
	KUNIT_EXPECT_EQ(test, check_with(test, r, 2, UIO_MAXIOV + 1), -EINVAL);
	use_argument(r, 1, sizeof(struct iovec));
	r->nr_words = 0;
	mark_iovec(r, sizeof(struct iovec), UIO_MAXIOV);
	KUNIT_EXPECT_EQ(test, check(test, r), 0);
	use_argument(r, 1, sizeof(struct iovec) + 1);
	KUNIT_EXPECT_EQ(test, check(test, r), -EINVAL);
}

/*
 * struct user_msghdr, all of it at odd offsets: zeros, the header, its name, two
 * segments of which the second is zero, two control messages, one segment's
 * bytes. A case changes up to four fields.
 */

#define MSG_AT		49
#define NAME_AT		(MSG_AT + sizeof(struct user_msghdr))
#define VEC_AT		(NAME_AT + 16)
#define CTL_AT		(VEC_AT + 2 * sizeof(struct iovec))
#define CTL2_AT		(CTL_AT + CMSG_SPACE(sizeof(int)))
#define DATA_AT		(CTL2_AT + CMSG_SPACE(sizeof(int)))
#define MSG_SIZE	(DATA_AT + 8)

/**
 * struct change - a field that is set
 * @at: where, 0: none
 * @len: its size
 * @value: to what
 */
struct change {
	u32 at;
	u32 len;
	u64 value;
};

#define WORD(at, v)	{ (at), sizeof(u64), (v) }
#define INT(at, v)	{ (at), sizeof(u32), (v) }

#define MSG(f, v)	WORD(MSG_AT + offsetof(struct user_msghdr, msg_##f), v)
#define NAMELEN(v)	INT(MSG_AT + offsetof(struct user_msghdr, msg_namelen), v)
#define SEG(f, v)	WORD(VEC_AT + offsetof(struct iovec, iov_##f), v)
#define SEG2(f, v)	WORD(VEC_AT + sizeof(struct iovec) + \
			     offsetof(struct iovec, iov_##f), v)
#define CTL(f, v)	WORD(CTL_AT + offsetof(struct cmsghdr, cmsg_##f), v)
#define CTL2(f, v)	WORD(CTL2_AT + offsetof(struct cmsghdr, cmsg_##f), v)
#define LEVEL(v)	INT(CTL_AT + offsetof(struct cmsghdr, cmsg_level), v)
#define LEVEL2(v)	INT(CTL2_AT + offsetof(struct cmsghdr, cmsg_level), v)
#define TYPE(v)		INT(CTL_AT + offsetof(struct cmsghdr, cmsg_type), v)

static const struct message_case {
	const char *name;
	struct change changes[4];
	int error;
} message_cases[] = {
	{ "as it is", {}, 0 },

	{ "no name", { MSG(name, 0), NAMELEN(0) }, 0 },
	{ "no name, a length", { MSG(name, 0) }, 0 },
	{ "no name, length -1", { MSG(name, 0), NAMELEN(-1) }, 0 },
	{ "empty name", { NAMELEN(0) }, 0 },
	{ "name of length -1", { NAMELEN(-1) }, -EINVAL },
	{ "name of length INT_MIN", { NAMELEN(BIT(31)) }, -EINVAL },
	{ "name of length INT_MAX", { NAMELEN(S32_MAX) }, -EINVAL },
	{ "name to the last byte", { MSG(name, MSG_SIZE - 16) }, 0 },
	{ "name one byte past", { MSG(name, MSG_SIZE - 15) }, -EINVAL },
	{ "name too long by one", { MSG(name, MSG_SIZE - 16),
				    NAMELEN(17) }, -EINVAL },
	{ "empty name at the end", { MSG(name, MSG_SIZE), NAMELEN(0) }, 0 },
	{ "empty name behind it", { MSG(name, MSG_SIZE + 1),
				    NAMELEN(0) }, -EINVAL },
	{ "name at 2^32 and good", { MSG(name, BIT_ULL(32) + NAME_AT) }, -EINVAL },
	{ "name at 2^63", { MSG(name, BIT_ULL(63)) }, -EINVAL },
	{ "name at -1", { MSG(name, U64_MAX) }, -EINVAL },
	{ "name at -16", { MSG(name, -16ULL) }, -EINVAL },
	{ "name is an address", { MSG(name, BASE + NAME_AT) }, -EINVAL },
	{ "name is the header", { MSG(name, MSG_AT) }, -EINVAL },
	{ "name ends at the header", { MSG(name, MSG_AT - 16) }, 0 },
	{ "name ends in the header", { MSG(name, MSG_AT - 15) }, -EINVAL },
	{ "name starts in the header", { MSG(name, NAME_AT - 1) }, -EINVAL },
	{ "name ends in the segments", { MSG(name, VEC_AT - 15) }, -EINVAL },
	{ "name starts in the segments", { MSG(name, CTL_AT - 1) }, -EINVAL },
	{ "name starts behind them", { MSG(name, CTL_AT) }, 0 },
	{ "name is the segment's bytes", { MSG(name, DATA_AT), NAMELEN(8) }, 0 },

	{ "no segments", { MSG(iov, 0), MSG(iovlen, 0) }, 0 },
	{ "NULL for a segment", { MSG(iov, 0), MSG(iovlen, 1) }, -EINVAL },
	{ "NULL for two", { MSG(iov, 0) }, -EINVAL },
	{ "array of no segments", { MSG(iovlen, 0) }, 0 },
	{ "no segments, in the name", { MSG(iov, NAME_AT + 4), MSG(iovlen, 0) }, 0 },
	{ "no segments, at the end", { MSG(iov, MSG_SIZE), MSG(iovlen, 0) }, 0 },
	{ "no segments, behind it", { MSG(iov, MSG_SIZE + 1),
				      MSG(iovlen, 0) }, -EINVAL },
	{ "one segment", { MSG(iovlen, 1) }, 0 },
	{ "too many segments", { MSG(iovlen, UIO_MAXIOV + 1) }, -EINVAL },
	{ "more than there is room for", { MSG(iovlen, 9) }, -EINVAL },
	{ "2^60 segments", { MSG(iovlen, BIT_ULL(60)) }, -EINVAL },
	{ "2^60 + 1 segments", { MSG(iovlen, BIT_ULL(60) + 1) }, -EINVAL },
	{ "2^32 + 1 segments", { MSG(iovlen, BIT_ULL(32) + 1) }, -EINVAL },
	{ "2^63 segments", { MSG(iovlen, BIT_ULL(63)) }, -EINVAL },
	{ "-1 segments", { MSG(iovlen, U64_MAX) }, -EINVAL },
	{ "segments at 2^32 and good", { MSG(iov, BIT_ULL(32) + VEC_AT) }, -EINVAL },
	{ "segments at -16", { MSG(iov, -16ULL) }, -EINVAL },
	{ "segments at -1", { MSG(iov, U64_MAX) }, -EINVAL },
	{ "segments are the header", { MSG(iov, MSG_AT) }, -EINVAL },
	{ "segments end at the header", { MSG(iov, MSG_AT - 32) }, 0 },
	{ "segments end in the header", { MSG(iov, MSG_AT - 31) }, -EINVAL },
	{ "segments start in the header", { MSG(iov, NAME_AT - 1) }, -EINVAL },
	{ "segments in the header", { MSG(iov, MSG_AT + 8), MSG(iovlen, 1) }, -EINVAL },

	{ "bytes to the last", { SEG(base, MSG_SIZE - 8) }, 0 },
	{ "bytes one past", { SEG(base, MSG_SIZE - 7) }, -EINVAL },
	{ "bytes of length -1", { SEG(len, U64_MAX) }, -EINVAL },
	{ "bytes of length 2^63", { SEG(len, BIT_ULL(63)) }, -EINVAL },
	{ "bytes at NULL", { SEG(base, 0) }, -EINVAL },
	{ "no bytes at NULL", { SEG(base, 0), SEG(len, 0) }, 0 },
	{ "a byte at NULL in the second", { SEG2(len, 1) }, -EINVAL },
	{ "second one byte past", { SEG2(base, MSG_SIZE), SEG2(len, 1) }, -EINVAL },
	{ "bytes are the header", { SEG(base, MSG_AT) }, -EINVAL },
	{ "bytes end in the header", { SEG(base, MSG_AT - 7) }, -EINVAL },
	{ "bytes end at the header", { SEG(base, MSG_AT - 8) }, 0 },
	{ "bytes start in the header", { SEG(base, NAME_AT - 1) }, -EINVAL },
	{ "bytes are the segment", { SEG(base, VEC_AT) }, -EINVAL },
	{ "bytes are the next segment", { SEG(base, VEC_AT + 16) }, -EINVAL },
	{ "that is no longer one", { MSG(iovlen, 1), SEG(base, VEC_AT + 16) }, 0 },
	{ "bytes are the control", { SEG(base, CTL_AT) }, 0 },
	{ "twice the same bytes", { SEG2(base, DATA_AT), SEG2(len, 8) }, 0 },
	{ "bytes around all", { SEG(base, 1), SEG(len, MSG_SIZE - 1) }, -EINVAL },

	{ "no control", { MSG(control, 0), MSG(controllen, 0) }, 0 },
	{ "NULL control with a length", { MSG(control, 0) }, -EINVAL },
	{ "NULL control of a byte", { MSG(control, 0), MSG(controllen, 1) }, -EINVAL },
	{ "empty control", { MSG(controllen, 0) }, 0 },
	{ "empty control at the end", { MSG(control, MSG_SIZE),
					MSG(controllen, 0) }, 0 },
	{ "empty control behind it", { MSG(control, MSG_SIZE + 1),
				       MSG(controllen, 0) }, -EINVAL },
	{ "control of a last byte", { MSG(control, MSG_SIZE - 1),
				      MSG(controllen, 1) }, 0 },
	{ "control of a byte past", { MSG(control, MSG_SIZE),
				      MSG(controllen, 1) }, -EINVAL },
	{ "control of length 2^31", { MSG(controllen, BIT(31)) }, -EINVAL },
	{ "control of length 2^32 and good", { MSG(controllen,
						   BIT_ULL(32) + 48) }, -EINVAL },
	{ "control of length 2^63", { MSG(controllen, BIT_ULL(63)) }, -EINVAL },
	{ "control of length -1", { MSG(controllen, U64_MAX) }, -EINVAL },
	{ "control wraps to 0", { MSG(controllen, -(u64)CTL_AT) }, -EINVAL },
	{ "control at 2^63", { MSG(control, BIT_ULL(63)) }, -EINVAL },
	{ "control at -1", { MSG(control, U64_MAX) }, -EINVAL },
	{ "control is the header", { MSG(control, MSG_AT) }, -EINVAL },
	{ "control in the header", { MSG(control, MSG_AT + 8),
				     MSG(controllen, 1) }, -EINVAL },
	{ "control ends at the header", { MSG(control, MSG_AT - 15),
					  MSG(controllen, 15) }, 0 },
	{ "control ends in the header", { MSG(control, MSG_AT - 14),
					  MSG(controllen, 15) }, -EINVAL },
	{ "control starts in the segments", { MSG(control, CTL_AT - 1),
					      MSG(controllen, 15) }, -EINVAL },
	{ "control is the segments", { MSG(control, VEC_AT) }, -EINVAL },

	{ "level SOL_IP", { LEVEL(SOL_IP) }, 0 },
	{ "level SOL_IPV6", { LEVEL(SOL_IPV6) }, 0 },
	{ "level SOL_RDS", { LEVEL(SOL_RDS) }, -EINVAL },
	{ "level SOL_ALG", { LEVEL(SOL_ALG) }, -EINVAL },
	{ "level SOL_TLS", { LEVEL(SOL_TLS) }, -EINVAL },
	{ "level SOL_UDP", { LEVEL(SOL_UDP) }, -EINVAL },
	{ "level SOL_TCP", { LEVEL(SOL_TCP) }, -EINVAL },
	{ "level SOL_RXRPC", { LEVEL(SOL_RXRPC) }, -EINVAL },
	{ "level -1", { LEVEL(-1) }, -EINVAL },
	{ "level 257", { LEVEL(256 + SOL_SOCKET) }, -EINVAL },
	{ "level INT_MIN + 1", { LEVEL(BIT(31) + SOL_SOCKET) }, -EINVAL },
	{ "any type", { TYPE(-1) }, 0 },
	{ "second's level SOL_SOCKET", { LEVEL2(SOL_SOCKET) }, 0 },
	{ "second's level SOL_RDS", { LEVEL2(SOL_RDS) }, -EINVAL },
	{ "which is cut off", { LEVEL2(SOL_RDS),
				MSG(controllen, 24 + 15) }, 0 },
	{ "which is a header only", { LEVEL2(SOL_RDS), CTL2(len, 16),
				      MSG(controllen, 24 + 16) }, -EINVAL },
	{ "which is bytes of the first", { LEVEL2(SOL_RDS),
					   CTL(len, 48) }, 0 },
	{ "or all but its padding", { LEVEL2(SOL_RDS), CTL(len, 41) }, 0 },

	{ "message of length 0", { CTL(len, 0) }, -EINVAL },
	{ "message of length 15", { CTL(len, 15) }, -EINVAL },
	{ "message of a header", { CTL(len, 16), MSG(controllen, 16) }, 0 },
	{ "message without padding", { MSG(controllen, 20) }, 0 },
	{ "message with a byte of it", { MSG(controllen, 21) }, 0 },
	{ "message cut", { MSG(controllen, 19) }, -EINVAL },
	{ "message one too long", { CTL(len, 49) }, -EINVAL },
	{ "message of length 2^32 and good", { CTL(len, BIT_ULL(32) + 20) }, -EINVAL },
	{ "message of length 2^63", { CTL(len, BIT_ULL(63)) }, -EINVAL },
	{ "message of length -1", { CTL(len, U64_MAX) }, -EINVAL },
	{ "message padded to 0", { CTL(len, -7ULL) }, -EINVAL },
	{ "message steps back", { CTL(len, -24ULL) }, -EINVAL },
	{ "second of length 0", { CTL2(len, 0) }, -EINVAL },
	{ "second of length 15", { CTL2(len, 15) }, -EINVAL },
	{ "second to the end", { CTL2(len, 24) }, 0 },
	{ "second one too long", { CTL2(len, 25) }, -EINVAL },
	{ "second of length -1", { CTL2(len, U64_MAX) }, -EINVAL },
	{ "second steps back", { CTL2(len, -24ULL) }, -EINVAL },
	{ "second padded to 0", { CTL2(len, -7ULL) }, -EINVAL },
	{ "less than a header", { CTL(len, 0), LEVEL(SOL_RDS),
				  MSG(controllen, 15) }, 0 },
};

KUNIT_ARRAY_PARAM_DESC(message, message_cases, name);

static void apply(struct request *r, const struct change *change)
{
	const struct change c = *change;

	if (!c.at)
		return;
	if (c.len == sizeof(u32))
		set_int(r, c.at, c.value);
	else
		set_word(r, c.at, c.value);
}

static struct request *message_request(struct kunit *test)
{
	static const struct change good[] = {
		MSG(name, NAME_AT), NAMELEN(16),
		MSG(iov, VEC_AT), MSG(iovlen, 2),
		MSG(control, CTL_AT), MSG(controllen, MSG_SIZE - 8 - CTL_AT),
		SEG(base, DATA_AT), SEG(len, 8),
		CTL(len, CMSG_LEN(sizeof(int))), LEVEL(SOL_SOCKET),
		CTL2(len, CMSG_LEN(sizeof(int))), LEVEL2(SOL_IP),
	};
	struct request *r = new_request(test, __NR_sendmsg, MSG_SIZE);
	int i;

	r->inj.buf_size = MSG_SIZE;
	use_argument(r, 1, MSG_AT);
	for (i = 0; i < ARRAY_SIZE(good); i++)
		apply(r, &good[i]);
	return r;
}

static void message_edges(struct kunit *test)
{
	const struct message_case *c = test->param_value;
	struct request *r = message_request(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(c->changes); i++)
		apply(r, &c->changes[i]);
	if (!c->error)
		mark_message(r, MSG_AT);
	KUNIT_EXPECT_EQ(test, check(test, r), c->error);
}

/* A header of zeros is a message: where may it be? */
static void message_headers(struct kunit *test)
{
	const u32 size = sizeof(struct user_msghdr);
	struct request *r = new_request(test, __NR_sendmsg, 1 + size);

	r->inj.buf_size = 1 + size;
	use_argument(r, 1, 1);
	KUNIT_EXPECT_EQ(test, check(test, r), 0);
	KUNIT_EXPECT_EQ(test, check_with(test, r, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, check_with(test, r, 1, 2), -EINVAL);
	r->inj.buf_size = size;
	KUNIT_EXPECT_EQ(test, check(test, r), -EINVAL);
	r->inj.buf_size = 0;
	KUNIT_EXPECT_EQ(test, check_with(test, r, 1, 0), -EINVAL);
}

/* A header at offset 0 can be pointed at by none of its own, which are NULL. */
static void message_at_the_start(struct kunit *test)
{
	const u32 size = sizeof(struct user_msghdr);
	struct request *r = new_request(test, __NR_sendmsg, size);

	r->inj.buf_size = size;
	use_argument(r, 1, 0);
	set_int(r, offsetof(struct user_msghdr, msg_namelen), 16);
	KUNIT_EXPECT_EQ(test, check(test, r), 0);
	set_word(r, offsetof(struct user_msghdr, msg_name), 1);
	KUNIT_EXPECT_EQ(test, check(test, r), -EINVAL);
}

/* String vectors: strings, and vectors that are made of them */

#define PATH_AT		1	/* "/x" */
#define A_AT		4	/* "a" */
#define BC_AT		6	/* "bc" */
#define V_A_BC		9	/* { A_AT, BC_AT, 0 } */
#define V_BC		33	/* { BC_AT, 0 } */
#define V_A_V		49	/* { A_AT, V_A_BC, 0 } */
#define NO_AT		73	/* "no", ended by what follows */
#define V_AFTER_NO	75	/* { A_AT, 0 } */
#define V_NO		91	/* { NO_AT, 0 } */
#define V_SELF		107	/* { V_SELF, 0 } */
#define END_AT		123	/* "end", ended by what follows */
#define V_LAST		126	/* { A_AT, 0 } */
#define VECTORS_SIZE	142

#define NONE		U64_MAX

static const struct vector_case {
	const char *name;
	u64 path;
	u64 argv;
	u64 envp;
	int error;
} vector_cases[] = {
	{ "argv and envp", PATH_AT, V_A_BC, V_BC, 0 },
	{ "envp before argv", PATH_AT, V_BC, V_A_BC, 0 },
	{ "argv only", PATH_AT, V_A_BC, NONE, 0 },
	{ "envp only", PATH_AT, NONE, V_A_BC, 0 },
	{ "neither", PATH_AT, NONE, NONE, 0 },
	{ "argv is envp", PATH_AT, V_A_BC, V_A_BC, -EINVAL },
	{ "envp is the end of argv", PATH_AT, V_A_BC, V_A_BC + 8, -EINVAL },
	{ "argv is the end of envp", PATH_AT, V_A_BC + 8, V_A_BC, -EINVAL },
	{ "envp is the last word of argv", PATH_AT, V_A_BC, V_A_BC + 16, -EINVAL },
	{ "path is argv's string", A_AT, V_A_BC, V_BC, 0 },
	{ "path is in argv", V_A_BC, V_A_BC, NONE, -EINVAL },
	{ "path is argv's last byte", V_A_BC + 23, V_A_BC, NONE, -EINVAL },
	{ "path is in envp", V_A_BC, NONE, V_A_BC, -EINVAL },
	{ "path is in no vector", V_A_BC, V_BC, NONE, 0 },
	{ "path runs into argv", NO_AT, V_AFTER_NO, NONE, -EINVAL },
	{ "path runs into envp", NO_AT, V_BC, V_AFTER_NO, -EINVAL },
	{ "path runs into no vector", NO_AT, V_A_BC, V_BC, 0 },
	{ "path runs into the last vector", END_AT, V_A_BC, V_LAST, -EINVAL },
	{ "path ends before it", PATH_AT, V_A_BC, V_LAST, 0 },
	{ "argv's string is in envp", PATH_AT, V_A_V, V_A_BC, -EINVAL },
	{ "envp's string is in argv", PATH_AT, V_A_BC, V_A_V, -EINVAL },
	{ "argv's string is in no vector", PATH_AT, V_A_V, V_BC, 0 },
	{ "argv's string runs into envp", PATH_AT, V_NO, V_AFTER_NO, -EINVAL },
	{ "argv's string does not", PATH_AT, V_NO, V_A_BC, 0 },
	{ "argv's string is argv", PATH_AT, V_SELF, NONE, -EINVAL },
	{ "envp's string is envp", PATH_AT, V_A_BC, V_SELF, -EINVAL },
	{ "last word ends the buffer", PATH_AT, V_LAST, V_A_BC, 0 },
	{ "only that word", PATH_AT, VECTORS_SIZE - 8, V_A_BC, 0 },
	{ "one byte late", PATH_AT, VECTORS_SIZE - 7, V_A_BC, -EINVAL },
	{ "one byte", PATH_AT, VECTORS_SIZE - 1, V_A_BC, -EINVAL },
	{ "at the end", PATH_AT, VECTORS_SIZE, V_A_BC, -EINVAL },
	{ "envp at the end", PATH_AT, V_A_BC, VECTORS_SIZE, -EINVAL },
	{ "at 2^32 and good", PATH_AT, BIT_ULL(32) + V_A_BC, NONE, -EINVAL },
	{ "at 2^63", PATH_AT, BIT_ULL(63), NONE, -EINVAL },
	{ "at -8", PATH_AT, -8ULL, NONE, -EINVAL },
	{ "no path", VECTORS_SIZE, V_A_BC, V_BC, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(vector, vector_cases, name);

static void use_vector(struct request *r, int i, u64 offset)
{
	if (offset != NONE)
		use_argument(r, i, offset);
}

static struct request *vector_request(struct kunit *test)
{
	static const struct {
		u32 at;
		u64 word;
	} words[] = {
		{ V_A_BC, A_AT }, { V_A_BC + 8, BC_AT },
		{ V_BC, BC_AT },
		{ V_A_V, A_AT }, { V_A_V + 8, V_A_BC },
		{ V_AFTER_NO, A_AT },
		{ V_NO, NO_AT },
		{ V_SELF, V_SELF },
		{ V_LAST, A_AT },
	};
	struct request *r = new_request(test, __NR_execve, VECTORS_SIZE);
	int i;

	r->inj.buf_size = VECTORS_SIZE;
	memcpy(r->buf + PATH_AT, "/x\0a\0bc", 8);
	memcpy(r->buf + NO_AT, "no", 2);
	memcpy(r->buf + END_AT, "end", 3);
	for (i = 0; i < ARRAY_SIZE(words); i++)
		set_word(r, words[i].at, words[i].word);
	return r;
}

static void vector_edges(struct kunit *test)
{
	const struct vector_case *c = test->param_value;
	struct request *r = vector_request(test);

	use_argument(r, 0, c->path);
	use_vector(r, 1, c->argv);
	use_vector(r, 2, c->envp);
	if (!c->error && c->argv != NONE)
		mark_strings(r, c->argv);
	if (!c->error && c->envp != NONE)
		mark_strings(r, c->envp);
	KUNIT_EXPECT_EQ(test, check(test, r), c->error);
}

/* The same vectors stand elsewhere in execveat's arguments. */
static void vectors_of_execveat(struct kunit *test)
{
	struct request *r = vector_request(test);

	r->inj.nr = __NR_execveat;
	use_argument(r, 1, PATH_AT);
	use_argument(r, 2, V_A_BC);
	use_argument(r, 3, V_A_BC);
	KUNIT_EXPECT_EQ(test, check(test, r), -EINVAL);
	use_argument(r, 3, V_BC);
	mark_strings(r, V_A_BC);
	mark_strings(r, V_BC);
	KUNIT_EXPECT_EQ(test, check(test, r), 0);
}

/* A vector of nothing but the same string, to the end of the buffer. */
static void vector_without_end(struct kunit *test)
{
	const u32 size = SECCOMP_NOTIF_INJECT_BUF_MAX / 16;
	struct request *r = new_request(test, __NR_execve, size);
	u32 at;

	r->inj.buf_size = size;
	for (at = sizeof(u64); at < size; at += sizeof(u64))
		set_word(r, at, 1);
	use_argument(r, 0, 0);
	use_argument(r, 1, sizeof(u64));
	KUNIT_EXPECT_EQ(test, check(test, r), -EINVAL);
	set_word(r, size - sizeof(u64), 0);
	mark_strings(r, sizeof(u64));
	KUNIT_EXPECT_EQ(test, check(test, r), 0);
}

/*
 * Three strings, one before, one between and one behind the two vectors that
 * both have all three: each has to end where it is.
 */
static void strings_between_vectors(struct kunit *test)
{
	enum { FIRST = 1, ARGV = 3, SECOND = 35, ENVP = 37, THIRD = 69, SIZE = 71 };
	static const u32 strings[] = { FIRST, SECOND, THIRD };
	u32 ended, i;

	for (ended = 0; ended < 8; ended++) {
		struct request *r = new_request(test, __NR_execve, SIZE);

		r->inj.buf_size = SIZE;
		for (i = 0; i < 3; i++) {
			set_word(r, ARGV + 8 * i, strings[i]);
			set_word(r, ENVP + 8 * (2 - i), strings[i]);
			r->buf[strings[i]] = 'a';
			r->buf[strings[i] + 1] = ended & BIT(i) ? '\0' : 'a';
		}
		use_argument(r, 0, 0);
		use_argument(r, 1, ARGV);
		use_argument(r, 2, ENVP);
		mark_strings(r, ARGV);
		mark_strings(r, ENVP);
		KUNIT_EXPECT_EQ_MSG(test, check(test, r),
				    ended == 7 ? 0 : -EINVAL, "%x", ended);
	}
}

/* Results */

/* A result becomes @want, and the restart block is then @armed as it was. */
static void expect_restart(struct kunit *test, long ret, bool restored,
			   long want, bool armed)
{
	struct restart_block *block = &current->restart_block;
	long (*fn)(struct restart_block *) = block->fn;

	block->fn = NULL;
	KUNIT_EXPECT_EQ(test, seccomp_inject_restart(ret, restored), want);
	KUNIT_EXPECT_TRUE(test, block->fn ==
			  (armed ? NULL : do_no_restart_syscall));
	block->fn = fn;
}

static void restart_block_is_disarmed(struct kunit *test)
{
	expect_restart(test, -ERESTART_RESTARTBLOCK, true, -ERESTARTNOHAND,
		       false);
	expect_restart(test, -ERESTART_RESTARTBLOCK, false, -EINTR, false);
}

static void only_the_original_restarts(struct kunit *test)
{
	static const long results[] = {
		-ERESTARTSYS, -ERESTARTNOINTR, -ERESTARTNOHAND,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(results); i++) {
		expect_restart(test, results[i], true, results[i], true);
		expect_restart(test, results[i], false, -EINTR, true);
	}
}

static void other_results_stay(struct kunit *test)
{
	static const long results[] = {
		0, 1, -1, -EINTR, -ENOIOCTLCMD, -ERESTART_RESTARTBLOCK - 1,
		ERESTART_RESTARTBLOCK, ERESTARTSYS, LONG_MAX, LONG_MIN,
		/* The low half is what is looked for. */
		(1L << 32) - ERESTART_RESTARTBLOCK,
		(1L << 32) - ERESTARTSYS,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(results); i++) {
		expect_restart(test, results[i], true, results[i], true);
		expect_restart(test, results[i], false, results[i], true);
	}
}

static struct kunit_case seccomp_inject_cases[] = {
	KUNIT_CASE_PARAM(row_is_right, row_gen_params),
	KUNIT_CASE_PARAM(row_accepts_up_to_the_end, row_gen_params),
	KUNIT_CASE_PARAM(row_accepts_one_mask, row_gen_params),
	KUNIT_CASE_PARAM(row_checks_pointers, row_gen_params),
	KUNIT_CASE_PARAM(row_passes_values, row_gen_params),
	KUNIT_CASE(numbers),
	KUNIT_CASE(fsconfig_commands),
	KUNIT_CASE(zerocopy_flag),
	KUNIT_CASE_PARAM(string_edges, string_gen_params),
	KUNIT_CASE(strings_may_overlap),
	KUNIT_CASE(string_in_the_largest_buffer),
	KUNIT_CASE_PARAM(sched_attr_sizes, attr_gen_params),
	KUNIT_CASE_PARAM(iovec_edges, iovec_gen_params),
	KUNIT_CASE(iovec_counts),
	KUNIT_CASE_PARAM(message_edges, message_gen_params),
	KUNIT_CASE(message_headers),
	KUNIT_CASE(message_at_the_start),
	KUNIT_CASE_PARAM(vector_edges, vector_gen_params),
	KUNIT_CASE(vectors_of_execveat),
	KUNIT_CASE(vector_without_end),
	KUNIT_CASE(strings_between_vectors),
	KUNIT_CASE(restart_block_is_disarmed),
	KUNIT_CASE(only_the_original_restarts),
	KUNIT_CASE(other_results_stay),
	{}
};

static struct kunit_suite seccomp_inject_suite = {
	.name = "seccomp_inject",
	.test_cases = seccomp_inject_cases,
};

kunit_test_suite(seccomp_inject_suite);

MODULE_DESCRIPTION("KUnit tests of seccomp's substituted system calls");
MODULE_LICENSE("GPL");
