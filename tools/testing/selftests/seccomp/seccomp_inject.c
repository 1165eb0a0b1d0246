// SPDX-License-Identifier: GPL-2.0
/*
 * Substituted system calls: the interface. What is refused, with which error
 * and in which order, and which calls there are.
 *
 * seccomp_inject_*.c beside this test who may, and what such a call does.
 */
#include "seccomp_inject_util.h"

#include <sys/uio.h>

#include "../kselftest_harness.h"

#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif

#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif

#ifndef __NR_setxattrat
#define __NR_setxattrat 463
#endif

static bool kernel_has_symbol(const char *name)
{
	char line[256], symbol[128];
	bool found = false;
	FILE *f = fopen("/proc/kallsyms", "re");

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*s %*s %127s", symbol) == 1 &&
			!strcmp(symbol, name);
	if (f)
		fclose(f);
	return found;
}

/*
 * All the other tests are skipped where the probe says no: this one must not
 * let it say so on a kernel that has the option.
 */
TEST(support)
{
	bool built = kernel_has_symbol("seccomp_inject_exit");
	int flagged, listener;

	EXPECT_EQ(built, inject_supported());
	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	flagged = filter_install1(__NR_getppid, SECCOMP_RET_USER_NOTIF,
				  INJECT_LISTENER);
	if (flagged < 0)
		EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(built, flagged >= 0);
	close(flagged);

	listener = filter_install1(__NR_getppid, SECCOMP_RET_USER_NOTIF,
				   SECCOMP_FILTER_FLAG_NEW_LISTENER);
	ASSERT_LE(0, listener);
	EXPECT_EQ(-1, notif_send(listener, 1, 0, 0,
				 SECCOMP_USER_NOTIF_FLAG_INJECTED));
	EXPECT_EQ(built ? EFAULT : EINVAL, errno);
}

TEST(flag_needs_listener)
{
	REQUIRE_INJECT();
	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	EXPECT_EQ(-1, filter_install1(__NR_getppid, SECCOMP_RET_ALLOW,
				      SECCOMP_FILTER_FLAG_INJECT));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, filter_install1(__NR_getppid, SECCOMP_RET_ALLOW,
				      SECCOMP_FILTER_FLAG_INJECT |
				      SECCOMP_FILTER_FLAG_LOG));
	EXPECT_EQ(EINVAL, errno);
}

/* With page 0 mapped, val 0 is the address of a sound request; still a probe. */
TEST(probe_with_page_zero)
{
	struct seccomp_notif_inject inj = {
		.id = 1,
		.nr = __NR_fchmod,
		.args = { -1 },
	};
	int listener, mem;
	void *zero;

	REQUIRE_INJECT();
	zero = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (zero)
		SKIP(return, "can't map page 0: %s", strerror(errno));
	mem = open("/proc/self/mem", O_RDWR);
	ASSERT_LE(0, mem);
	ASSERT_EQ(sizeof(inj), pwrite(mem, &inj, sizeof(inj), 0));

	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	listener = filter_install1(__NR_getppid, SECCOMP_RET_USER_NOTIF,
				   INJECT_LISTENER);
	ASSERT_LE(0, listener);
	EXPECT_EQ(-1, notif_inject(listener, 1, &inj));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, notif_send(listener, 1, 0, 0,
				 SECCOMP_USER_NOTIF_FLAG_INJECTED));
	EXPECT_EQ(EFAULT, errno);
}

/* What the requests below point into. */
static struct request_buf {
	char path[16];
	__u64 zeros[8];
	struct msghdr rds;
	struct cmsghdr rds_header;
	__u64 rds_data;
	struct msghdr name_leaves;
	struct msghdr nested;
	struct iovec leaves;
	__u64 vector[2];
	char unterminated[8];
} request_buf = {
	.path = "/tmp",
	.rds = {
		.msg_control = (void *)offsetof(struct request_buf, rds_header),
		.msg_controllen = sizeof(struct cmsghdr) + sizeof(__u64),
	},
	.rds_header = {
		.cmsg_len = sizeof(struct cmsghdr) + sizeof(__u64),
		.cmsg_level = 276,	/* SOL_RDS */
		.cmsg_type = 1,
	},
	.name_leaves = {
		.msg_name = (void *)offsetof(struct request_buf, unterminated),
		.msg_namelen = 9,
	},
	.nested = {
		.msg_iov = (void *)offsetof(struct request_buf, leaves),
		.msg_iovlen = 1,
	},
	.leaves = {
		.iov_base = (void *)offsetof(struct request_buf, unterminated),
		.iov_len = 9,
	},
	.vector = { offsetof(struct request_buf, unterminated) },
	.unterminated = { 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x' },
};

#define AT(field) offsetof(struct request_buf, field)
#define BUF_SIZE sizeof(struct request_buf)

enum where {
	SOUND,
	IS_NULL,
	UNMAPPED,
	STRADDLES,	/* its last half is not mapped */
	IN_KERNEL,
};

struct results {
	int count;
	long ret[4];
};

static int call_getppid(void *arg)
{
	struct results *r = arg;
	unsigned int i;
	long ret;

	for (i = 0; i < ARRAY_SIZE(r->ret); i++) {
		ret = syscall(__NR_getppid);
		r->ret[r->count++] = ret < 0 ? -errno : ret;
	}
	return 0;
}

/* A request that is refused, live or not, and all answers to it afterwards. */
FIXTURE(refused)
{
	struct target t;
	struct results *r;
	int null;
	char *page;
	size_t page_size;
	struct seccomp_notif_inject inj;
	__u64 val;
};

FIXTURE_VARIANT(refused)
{
	int expected;
	__u64 nr;
	__u64 args[6];
	__u32 mask;
	__u32 size;	/* of the whole buffer when 0 */
	__u32 flags;	/* besides INJECTED */
	__s32 error;
	__u64 id_off;
	enum where val;
	enum where buf;
};

#define REFUSED(name, error, ...) \
	FIXTURE_VARIANT_ADD(refused, name) { .expected = error, __VA_ARGS__ }

#define OPENAT(offset) .nr = __NR_openat, .args = { AT_FDCWD, offset }, .mask = 2
#define WRITE(offset, len) .nr = __NR_write, .args = { 1, offset, len }, .mask = 2
#define SENDMSG(offset) .nr = __NR_sendmsg, .args = { 1, offset }, .mask = 2

/* clang-format off */
REFUSED(val_null, EFAULT, OPENAT(0), .val = IS_NULL);
REFUSED(val_unmapped, EFAULT, OPENAT(0), .val = UNMAPPED);
REFUSED(val_straddles, EFAULT, OPENAT(0), .val = STRADDLES);
REFUSED(val_in_kernel, EFAULT, OPENAT(0), .val = IN_KERNEL);
REFUSED(buf_null, EFAULT, OPENAT(0), .buf = IS_NULL);
REFUSED(buf_unmapped, EFAULT, OPENAT(0), .buf = UNMAPPED);
REFUSED(buf_straddles, EFAULT, OPENAT(0), .buf = STRADDLES);
REFUSED(buf_in_kernel, EFAULT, OPENAT(0), .buf = IN_KERNEL);
/* Not read, but not taken for an empty one either. */
REFUSED(buf_unused, EFAULT, .nr = __NR_fchmod, .buf = UNMAPPED);

REFUSED(with_continue, EINVAL, OPENAT(0),
	.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE);
REFUSED(with_flag_2, EINVAL, OPENAT(0), .flags = 1U << 2);
REFUSED(with_flag_31, EINVAL, OPENAT(0), .flags = 1U << 31);
REFUSED(with_errno, EINVAL, OPENAT(0), .error = -EPERM);
REFUSED(with_positive_error, EINVAL, OPENAT(0), .error = 1);
REFUSED(id_differs, EINVAL, OPENAT(0), .id_off = 1);
REFUSED(id_differs_high, EINVAL, OPENAT(0), .id_off = 1ULL << 32);

REFUSED(mask_on_dirfd, EINVAL, .nr = __NR_openat, .mask = 3);
REFUSED(mask_on_flags, EINVAL, .nr = __NR_openat, .mask = 6);
REFUSED(mask_on_unused, EINVAL, .nr = __NR_openat, .mask = 2 | 1 << 5);
REFUSED(mask_on_out, EINVAL, .nr = __NR_readlinkat, .mask = 6);
REFUSED(mask_on_zero, EINVAL, .nr = __NR_mount, .mask = 0x17);

REFUSED(path_outside, EINVAL, .nr = __NR_openat,
	.args = { AT_FDCWD, 0x10000 });
REFUSED(path_null, EINVAL, .nr = __NR_openat);
REFUSED(payload_null, EINVAL, .nr = __NR_write);
REFUSED(address_null, EINVAL, .nr = __NR_connect, .args = { 0, 0, 2 });
REFUSED(bind_null, EINVAL, .nr = __NR_bind, .args = { 0, 0, 1 });
REFUSED(sendto_null, EINVAL, .nr = __NR_sendto, .args = { 0, 0, 1 });
REFUSED(writev_null, EINVAL, .nr = __NR_writev, .args = { 0, 0, 1 });
REFUSED(xattr_null, EINVAL, .nr = __NR_fsetxattr, .args = { 0, 0, 0, 1 },
	.mask = 2);
REFUSED(hostname_null, EINVAL, .nr = __NR_sethostname, .args = { 0, 1 });
/* Without a path it is about the descriptor, but the working directory is none. */
REFUSED(utimensat_null, EINVAL, .nr = __NR_utimensat, .args = { AT_FDCWD });
REFUSED(utimensat_null_32, EINVAL, .nr = __NR_utimensat,
	.args = { (__u32)AT_FDCWD });
REFUSED(utimensat_null_high, EINVAL, .nr = __NR_utimensat,
	.args = { (1ULL << 40) | (__u32)AT_FDCWD });
REFUSED(mount_data, EINVAL, .nr = __NR_mount, .args = { 0, 0, 0, 0, 1 },
	.mask = 7);

REFUSED(string_open, EINVAL, OPENAT(AT(unterminated)));
REFUSED(string_open_last, EINVAL, OPENAT(BUF_SIZE - 1));
REFUSED(string_at_end, EINVAL, OPENAT(BUF_SIZE));
REFUSED(string_beyond, EINVAL, OPENAT(BUF_SIZE + 1));
REFUSED(string_offset_4g, EINVAL, OPENAT(1ULL << 32));
REFUSED(string_offset_max, EINVAL, OPENAT(-1ULL));
REFUSED(string_cut, EINVAL, OPENAT(0), .size = 4);

REFUSED(length_beyond, EINVAL, WRITE(0, BUF_SIZE + 1));
REFUSED(length_beyond_at_1, EINVAL, WRITE(1, BUF_SIZE));
REFUSED(length_beyond_at_end, EINVAL, WRITE(BUF_SIZE, 1));
REFUSED(length_4g, EINVAL, WRITE(0, 1ULL << 32));
REFUSED(length_wraps, EINVAL, WRITE(1, -1ULL));
REFUSED(length_wraps_to_1, EINVAL, WRITE(2, -1ULL));
REFUSED(offset_wraps, EINVAL, WRITE(-1ULL, 1));
REFUSED(offset_wraps_to_1, EINVAL, WRITE(-1ULL, 2));
REFUSED(address_beyond, EINVAL, .nr = __NR_connect,
	.args = { 0, 1, BUF_SIZE }, .mask = 2);
REFUSED(struct_beyond, EINVAL, .nr = __NR_utimensat, .mask = 6,
	.args = { AT_FDCWD, 0, BUF_SIZE - 31 });

REFUSED(sendto_zerocopy, EINVAL, .nr = __NR_sendto, .mask = 2,
	.args = { 0, 0, 4, MSG_ZEROCOPY });
REFUSED(sendto_zerocopy_among, EINVAL, .nr = __NR_sendto, .mask = 2,
	.args = { 0, 0, 4, MSG_ZEROCOPY | MSG_DONTWAIT });
REFUSED(sendmsg_zerocopy, EINVAL, .nr = __NR_sendmsg, .mask = 2,
	.args = { 0, AT(zeros), MSG_ZEROCOPY });

REFUSED(control_level, EINVAL, SENDMSG(AT(rds)));
REFUSED(msghdr_beyond, EINVAL, SENDMSG(BUF_SIZE - 55));
REFUSED(msghdr_name_beyond, EINVAL, SENDMSG(AT(name_leaves)));
REFUSED(msghdr_iovec_beyond, EINVAL, SENDMSG(AT(nested)));
REFUSED(iovec_beyond, EINVAL, .nr = __NR_writev, .mask = 2,
	.args = { 0, AT(leaves), 1 });
REFUSED(iovec_many, EINVAL, .nr = __NR_writev, .mask = 2,
	.args = { 0, AT(zeros), 1025 });
REFUSED(iovec_count_wraps, EINVAL, .nr = __NR_writev, .mask = 2,
	.args = { 0, AT(zeros), 1ULL << 60 });
REFUSED(argv_is_envp, EINVAL, .nr = __NR_execve, .mask = 7,
	.args = { 0, AT(zeros), AT(zeros) });
REFUSED(argv_string_open, EINVAL, .nr = __NR_execve, .mask = 3,
	.args = { 0, AT(vector) });
REFUSED(argv_open, EINVAL, .nr = __NR_execve, .mask = 3,
	.args = { 0, AT(unterminated) });
REFUSED(path_in_argv, EINVAL, .nr = __NR_execve, .mask = 3,
	.args = { AT(vector[1]), AT(vector) });

REFUSED(size_beyond, E2BIG, OPENAT(0), .size = SECCOMP_NOTIF_INJECT_BUF_MAX + 1);
REFUSED(size_max, E2BIG, OPENAT(0), .size = -1U);

REFUSED(ioctl, EOPNOTSUPP, .nr = __NR_ioctl);
REFUSED(prctl, EOPNOTSUPP, .nr = __NR_prctl);
REFUSED(setxattrat, EOPNOTSUPP, .nr = __NR_setxattrat);
REFUSED(the_trapped_one, EOPNOTSUPP, .nr = __NR_getppid);
REFUSED(nr_beyond, EOPNOTSUPP, .nr = 1U << 20);
REFUSED(nr_x32, EOPNOTSUPP, .nr = __NR_openat | 0x40000000, .mask = 2);
REFUSED(nr_minus_one, EOPNOTSUPP, .nr = -1ULL);
REFUSED(nr_4g_and, EOPNOTSUPP, .nr = (1ULL << 32) | __NR_openat, .mask = 2);
REFUSED(nr_top_bit_and, EOPNOTSUPP, .nr = (1ULL << 63) | __NR_openat, .mask = 2);

/* Several errors at once: the first in the order of checks is told. */
REFUSED(order_flags_struct, EINVAL, .flags = 1U << 2, .val = UNMAPPED);
REFUSED(order_flags_probe, EINVAL, .flags = 1U << 2, .val = IS_NULL);
REFUSED(order_continue_probe, EINVAL, .val = IS_NULL,
	.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE);
REFUSED(order_error_probe, EINVAL, .error = -EPERM, .val = IS_NULL);
REFUSED(order_id_size, EINVAL, OPENAT(0), .id_off = 1, .size = -1U);
REFUSED(order_id_nr, EINVAL, .nr = __NR_ioctl, .id_off = 1);
REFUSED(order_mask_size, EINVAL, .nr = __NR_openat, .mask = 1 << 6, .size = -1U);
REFUSED(order_mask_nr, EINVAL, .nr = __NR_ioctl, .mask = 1 << 6);
REFUSED(order_size_nr, E2BIG, .nr = __NR_ioctl, .size = -1U);
REFUSED(order_size_buf, E2BIG, OPENAT(0), .size = -1U, .buf = UNMAPPED);
REFUSED(order_nr_buf, EOPNOTSUPP, .nr = __NR_ioctl, .buf = UNMAPPED);
REFUSED(order_nr_args, EOPNOTSUPP, .nr = __NR_ioctl, .mask = 0x3f);
REFUSED(order_buf_args, EFAULT, .nr = __NR_openat, .buf = UNMAPPED);
/* clang-format on */

static __u64 address(enum where where, char *page, size_t page_size, size_t size,
		     const void *from)
{
	switch (where) {
	case IS_NULL:
		return 0;
	case UNMAPPED:
		return PTR(page + page_size);
	case IN_KERNEL:
		return -4096ULL;
	case STRADDLES:
		page += page_size - size / 2;
		memcpy(page, from, size / 2);
		return PTR(page);
	default:
		return PTR(from);
	}
}

FIXTURE_SETUP(refused)
{
	const int nr = __NR_getppid;

	REQUIRE_INJECT();
	self->page_size = sysconf(_SC_PAGESIZE);
	self->page = mmap(NULL, 2 * self->page_size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->page);
	ASSERT_EQ(0, mprotect(self->page + self->page_size, self->page_size,
			      PROT_NONE));
	self->inj = (struct seccomp_notif_inject) {
		.nr = variant->nr,
		.buf = address(variant->buf, self->page, self->page_size,
			       BUF_SIZE, &request_buf),
		.buf_size = variant->size ?: BUF_SIZE,
		.args_in_buf_mask = variant->mask,
	};
	memcpy(self->inj.args, variant->args, sizeof(self->inj.args));

	self->r = mmap(NULL, sizeof(*self->r), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->r);
	self->null = open("/dev/null", O_WRONLY);
	ASSERT_LE(0, self->null);
	ASSERT_EQ(0, target_start(&self->t, &nr, 1, INJECT_LISTENER,
				  call_getppid, self->r));
}

FIXTURE_TEARDOWN(refused)
{
}

static int send_refused(FIXTURE_DATA(refused) *self,
			const FIXTURE_VARIANT(refused) *variant, __u64 id)
{
	self->inj.id = id + variant->id_off;
	return notif_send(self->t.listener, id, variant->error,
			  address(variant->val, self->page, self->page_size,
				  sizeof(self->inj), &self->inj),
			  SECCOMP_USER_NOTIF_FLAG_INJECTED | variant->flags) ?
		errno : 0;
}

TEST_F(refused, then_answered)
{
	const int listener = self->t.listener;
	struct seccomp_notif_inject write_5 = {
		.nr = __NR_write,
		.args = { self->null, 0, 5 },
		.buf = PTR(&request_buf),
		.buf_size = 5,
		.args_in_buf_mask = 2,
	};
	struct seccomp_notif notif;
	int i;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, notif_recv(listener, &notif));
		EXPECT_EQ(i, self->r->count);
		EXPECT_EQ(variant->expected,
			  send_refused(self, variant, notif.id));
		/* The same without a notification: how one probes. */
		EXPECT_EQ(variant->expected,
			  send_refused(self, variant, notif.id + 1000));
		EXPECT_EQ(0, ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID,
				   &notif.id));
		if (i == 0)
			EXPECT_EQ(0, notif_send(listener, notif.id, 0, 7777, 0));
		if (i == 1)
			EXPECT_EQ(0, notif_send(listener, notif.id, -EXDEV, 0, 0));
		if (i == 2)
			EXPECT_EQ(0, notif_continue(listener, notif.id));
		if (i == 3) {
			EXPECT_EQ(0, inject_mappings(self->t.pid));
			EXPECT_EQ(0, notif_inject(listener, notif.id, &write_5));
		}
	}
	ASSERT_EQ(0, target_wait(&self->t));
	EXPECT_EQ(7777, self->r->ret[0]);
	EXPECT_EQ(-EXDEV, self->r->ret[1]);
	EXPECT_EQ(getpid(), self->r->ret[2]);
	EXPECT_EQ(5, self->r->ret[3]);
}

/*
 * The calls that may be substituted. Nothing here comes from the kernel's
 * table: @in are the pointers that the call's manual says it reads, @null those
 * that it doesn't read when all other arguments are 0.
 */
static const struct call {
	int nr;
	__u8 in;
	__u8 null;
} calls[] = {
	{ __NR_connect, 1 << 1, 1 << 1 },
	{ __NR_bind, 1 << 1, 1 << 1 },
	{ __NR_sendto, 1 << 1 | 1 << 4, 1 << 1 | 1 << 4 },
	{ __NR_sendmsg, 1 << 1 },
	{ __NR_write, 1 << 1 },
	{ __NR_pwrite64, 1 << 1 },
	{ __NR_writev, 1 << 1, 1 << 1 },
	{ __NR_pwritev, 1 << 1, 1 << 1 },
	{ __NR_pwritev2, 1 << 1, 1 << 1 },
	{ __NR_openat, 1 << 1 },
	{ __NR_openat2, 1 << 1 | 1 << 2 },
	{ __NR_memfd_create, 1 << 0 },
	{ __NR_execve, 1 << 0 | 1 << 1 | 1 << 2, 1 << 1 | 1 << 2 },
	{ __NR_execveat, 1 << 1 | 1 << 2 | 1 << 3, 1 << 2 | 1 << 3 },
	{ __NR_mkdirat, 1 << 1 },
	{ __NR_mknodat, 1 << 1 },
	{ __NR_unlinkat, 1 << 1 },
	{ __NR_renameat2, 1 << 1 | 1 << 3 },
	{ __NR_linkat, 1 << 1 | 1 << 3 },
	{ __NR_symlinkat, 1 << 0 | 1 << 2 },
	{ __NR_readlinkat, 1 << 1 },
	{ __NR_fchmod },
	{ __NR_fchmodat, 1 << 1 },
	{ __NR_fchmodat2, 1 << 1 },
	{ __NR_fchown },
	{ __NR_fchownat, 1 << 1 },
	{ __NR_truncate, 1 << 0 },
	{ __NR_utimensat, 1 << 1 | 1 << 2, 1 << 1 | 1 << 2 },
	{ __NR_statx, 1 << 1 },
	{ __NR_statfs, 1 << 0 },
	{ __NR_faccessat, 1 << 1 },
	{ __NR_faccessat2, 1 << 1 },
	{ __NR_chdir, 1 << 0 },
	{ __NR_chroot, 1 << 0 },
	{ __NR_setxattr, 1 << 0 | 1 << 1 | 1 << 2, 1 << 2 },
	{ __NR_lsetxattr, 1 << 0 | 1 << 1 | 1 << 2, 1 << 2 },
	{ __NR_fsetxattr, 1 << 1 | 1 << 2, 1 << 2 },
	{ __NR_getxattr, 1 << 0 | 1 << 1 },
	{ __NR_lgetxattr, 1 << 0 | 1 << 1 },
	{ __NR_fgetxattr, 1 << 1 },
	{ __NR_listxattr, 1 << 0 },
	{ __NR_llistxattr, 1 << 0 },
	{ __NR_flistxattr },
	{ __NR_removexattr, 1 << 0 | 1 << 1 },
	{ __NR_lremovexattr, 1 << 0 | 1 << 1 },
	{ __NR_fremovexattr, 1 << 1 },
#ifdef __NR_listxattrat
	{ __NR_listxattrat, 1 << 1 },
	{ __NR_removexattrat, 1 << 1 | 1 << 3 },
#endif
	{ __NR_mount, 1 << 0 | 1 << 1 | 1 << 2, 1 << 0 | 1 << 2 },
	{ __NR_umount2, 1 << 0 },
	{ __NR_pivot_root, 1 << 0 | 1 << 1 },
	{ __NR_open_tree, 1 << 1 },
	{ __NR_move_mount, 1 << 1 | 1 << 3 },
	{ __NR_mount_setattr, 1 << 1 | 1 << 3 },
	{ __NR_fsopen, 1 << 0 },
	/* Command 0, FSCONFIG_SET_FLAG, has a key only. */
	{ __NR_fsconfig, 1 << 2 },
	{ __NR_fspick, 1 << 1 },
	{ __NR_inotify_add_watch, 1 << 1 },
	{ __NR_fanotify_mark, 1 << 4, 1 << 4 },
	{ __NR_sched_setscheduler, 1 << 2 },
	{ __NR_sched_setparam, 1 << 1 },
	{ __NR_sched_setattr, 1 << 1 },
	{ __NR_sethostname, 1 << 0, 1 << 0 },
	{ __NR_setdomainname, 1 << 0, 1 << 0 },
	{ __NR_clock_settime, 1 << 1 },
	{ __NR_finit_module, 1 << 1 },
#ifdef __NR_newfstatat
	{ __NR_newfstatat, 1 << 1 },
#endif
#ifdef __NR_renameat
	{ __NR_renameat, 1 << 1 | 1 << 3 },
#endif
#ifdef __NR_open
	{ __NR_open, 1 << 0 },
	{ __NR_creat, 1 << 0 },
	{ __NR_mkdir, 1 << 0 },
	{ __NR_mknod, 1 << 0 },
	{ __NR_unlink, 1 << 0 },
	{ __NR_rmdir, 1 << 0 },
	{ __NR_rename, 1 << 0 | 1 << 1 },
	{ __NR_link, 1 << 0 | 1 << 1 },
	{ __NR_symlink, 1 << 0 | 1 << 1 },
	{ __NR_readlink, 1 << 0 },
	{ __NR_chmod, 1 << 0 },
	{ __NR_chown, 1 << 0 },
	{ __NR_lchown, 1 << 0 },
	{ __NR_utime, 1 << 0 | 1 << 1, 1 << 1 },
	{ __NR_utimes, 1 << 0 | 1 << 1, 1 << 1 },
	{ __NR_futimesat, 1 << 1 | 1 << 2, 1 << 1 | 1 << 2 },
	{ __NR_stat, 1 << 0 },
	{ __NR_lstat, 1 << 0 },
	{ __NR_access, 1 << 0 },
#endif
};

static const struct call *find_call(int nr)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].nr == nr)
			return &calls[i];
	return NULL;
}

/* Exits with 4 where page 0 can't be mapped. */
static int null_in_page_zero(void *arg)
{
	char *zero = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	int mem = open("/proc/self/mem", O_RDWR);

	if (zero || pwrite(mem, "/tmp", 5, 0) != 5)
		return 4;
	return syscall(__NR_getppid);
}

/* A listener to probe with, and room for six arguments. */
FIXTURE(numbers)
{
	struct target t;
	__u64 id;
	char buf[6 * 256];
	struct seccomp_notif_inject inj;
};

FIXTURE_SETUP(numbers)
{
	const int nr = __NR_getppid;

	REQUIRE_INJECT();
	self->id = 4711;
	ASSERT_EQ(0, target_start(&self->t, &nr, 1, INJECT_LISTENER,
				  null_in_page_zero, NULL));
}

FIXTURE_TEARDOWN(numbers)
{
}

/* The errno for a call, with those of its pointers in the buffer that @mask says. */
static int probe(FIXTURE_DATA(numbers) *self, int nr, __u32 mask)
{
	int i;

	self->inj = (struct seccomp_notif_inject) {
		.nr = nr,
		.buf = PTR(self->buf),
		.buf_size = sizeof(self->buf),
		.args_in_buf_mask = mask,
	};
	for (i = 0; i < 6; i++)
		self->inj.args[i] = mask & 1 << i ? i * 256 : 0;
	return notif_inject(self->t.listener, self->id, &self->inj) ? errno : 0;
}

/* Every number, with an id of our own invention. */
TEST_F(numbers, all)
{
	const struct call *call;
	int nr;

	for (nr = 0; nr < 1024; nr++) {
		call = find_call(nr);
		EXPECT_EQ(call ? ENOENT : EOPNOTSUPP,
			  probe(self, nr, call ? call->in : 0)) {
			TH_LOG("nr %d", nr);
		}
	}
}

TEST_F(numbers, every_mask)
{
	unsigned int i, mask, missing;
	int expected;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		for (mask = 0; mask < 1 << 6; mask++) {
			missing = calls[i].in & ~mask & ~calls[i].null;
			expected = mask & ~calls[i].in || missing ? EINVAL : ENOENT;
			EXPECT_EQ(expected, probe(self, calls[i].nr, mask)) {
				TH_LOG("nr %d, mask %#x", calls[i].nr, mask);
			}
		}
	}
}

TEST_F(numbers, reserved_mask_bits)
{
	int bit;

	for (bit = 6; bit < 32; bit++)
		EXPECT_EQ(EINVAL, probe(self, __NR_openat, 2 | 1U << bit)) {
			TH_LOG("bit %d", bit);
		}
}

/* Where NULL is fine, another address outside the buffer is not. */
TEST_F(numbers, address_outside)
{
	unsigned int i, arg;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		for (arg = 0; arg < 6; arg++) {
			if (!(calls[i].in & 1 << arg))
				continue;
			probe(self, calls[i].nr, calls[i].in);
			self->inj.args_in_buf_mask &= ~(1 << arg);
			self->inj.args[arg] = PTR(self->buf);
			EXPECT_EQ(-1, notif_inject(self->t.listener, self->id,
						   &self->inj));
			EXPECT_EQ(EINVAL, errno) {
				TH_LOG("nr %d, argument %d", calls[i].nr, arg);
			}
		}
	}
}

/* No NULL that is read gets through where there is something at address 0. */
TEST_F(numbers, null_read_from_page_zero)
{
	struct pollfd poll_in = { .fd = self->t.listener, .events = POLLIN };
	struct seccomp_notif notif;
	unsigned int i, arg, null;

	ASSERT_EQ(1, poll(&poll_in, 1, -1));
	if (!(poll_in.revents & POLLIN)) {
		ASSERT_EQ(4, target_wait(&self->t));
		SKIP(return, "can't map page 0");
	}
	ASSERT_EQ(0, notif_recv(self->t.listener, &notif));
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		null = calls[i].in & ~calls[i].null;
		for (arg = 0; arg < 6; arg++) {
			if (!(null & 1 << arg))
				continue;
			probe(self, calls[i].nr, calls[i].in);
			self->inj.args[arg] = 0;
			self->inj.args_in_buf_mask &= ~(1 << arg);
			EXPECT_EQ(-1, notif_inject(self->t.listener, notif.id,
						   &self->inj));
			EXPECT_EQ(EINVAL, errno) {
				TH_LOG("nr %d, argument %d", calls[i].nr, arg);
			}
		}
	}
	ASSERT_EQ(0, notif_send(self->t.listener, notif.id, 0, 33, 0));
	EXPECT_EQ(33, target_wait(&self->t));
}

/* A notification that is there, but not for us to answer. */

static int call_once(void *arg)
{
	return syscall(__NR_getppid) & 0xff;
}

static int call_twice(void *arg)
{
	syscall(__NR_getppid);
	return syscall(__NR_getppid) & 0xff;
}

static struct seccomp_notif_inject write_nothing = {
	.nr = __NR_write,
	.args = { -1 },
	.buf = PTR(""),
	.buf_size = 1,
	.args_in_buf_mask = 2,
};

TEST(not_received)
{
	struct pollfd poll_in = { .events = POLLIN };
	const int nr = __NR_getppid;
	struct seccomp_notif notif;
	struct target t;
	__u64 id;

	REQUIRE_INJECT();
	ASSERT_EQ(0, target_start(&t, &nr, 1, INJECT_LISTENER, call_twice, NULL));
	ASSERT_EQ(0, notif_recv(t.listener, &notif));
	id = notif.id + 1;
	EXPECT_EQ(-1, notif_inject(t.listener, id, &write_nothing));
	EXPECT_EQ(ENOENT, errno);
	ASSERT_EQ(0, notif_send(t.listener, notif.id, 0, 1, 0));

	poll_in.fd = t.listener;
	ASSERT_EQ(1, poll(&poll_in, 1, -1));
	ASSERT_EQ(POLLIN, poll_in.revents & POLLIN);
	EXPECT_EQ(-1, notif_inject(t.listener, id, &write_nothing));
	EXPECT_EQ(EINPROGRESS, errno);

	ASSERT_EQ(0, notif_recv(t.listener, &notif));
	ASSERT_EQ(id, notif.id);
	EXPECT_EQ(0, notif_inject(t.listener, id, &write_nothing));
	EXPECT_EQ((-1 & 0xff), target_wait(&t));
}

TEST(gone)
{
	const int nr = __NR_getppid;
	struct seccomp_notif notif;
	struct target t;

	REQUIRE_INJECT();
	ASSERT_EQ(0, target_start(&t, &nr, 1, INJECT_LISTENER, call_once, NULL));
	ASSERT_EQ(0, notif_recv(t.listener, &notif));
	ASSERT_EQ(0, kill(t.pid, SIGKILL));
	ASSERT_EQ(t.pid, waitpid(t.pid, NULL, 0));
	EXPECT_EQ(-1, notif_inject(t.listener, notif.id, &write_nothing));
	EXPECT_EQ(ENOENT, errno);
}

FIXTURE(answered)
{
	struct target t;
	struct seccomp_notif notif;
};

FIXTURE_VARIANT(answered)
{
	__u32 flags;
	bool injected;
	int status;
};

FIXTURE_VARIANT_ADD(answered, with_value) { .status = 9 };

FIXTURE_VARIANT_ADD(answered, with_continue) {
	.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE, .status = -1,
};

FIXTURE_VARIANT_ADD(answered, with_injected) { .injected = true, .status = 255 };

FIXTURE_SETUP(answered)
{
	const int nr = __NR_getppid;

	REQUIRE_INJECT();
	ASSERT_EQ(0, target_start(&self->t, &nr, 1, INJECT_LISTENER, call_once,
				  NULL));
	ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
}

FIXTURE_TEARDOWN(answered)
{
}

TEST_F(answered, already)
{
	const int status = variant->status < 0 ? getpid() & 0xff : variant->status;
	const __u64 id = self->notif.id;

	if (target_hold(self->t.pid))
		SKIP(return, "can't have a real-time priority");
	if (variant->injected) {
		ASSERT_EQ(0, notif_inject(self->t.listener, id, &write_nothing));
	} else {
		ASSERT_EQ(0, notif_send(self->t.listener, id, 0,
					variant->flags ? 0 : 9, variant->flags));
	}
	EXPECT_EQ(-1, notif_inject(self->t.listener, id, &write_nothing));
	EXPECT_EQ(EINPROGRESS, errno);
	EXPECT_EQ(status, target_wait(&self->t));
}

TEST_HARNESS_MAIN
