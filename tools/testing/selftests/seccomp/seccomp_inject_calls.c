// SPDX-License-Identifier: GPL-2.0
/*
 * Substituted system calls: that what was checked is what runs, on real calls,
 * and that the registers come back.
 */
#include "seccomp_inject_calls.h"

#include <arpa/inet.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/fanotify.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

#include "../kselftest_harness.h"

static int make_call_and_read(void *arg)
{
	struct trapped *c = arg;

	make_call(c);
	return c->ret < 0 ? 0 : read(c->ret, c->out, sizeof(c->out)) < 0;
}

static int make_file(const char *path, const char *content, mode_t mode)
{
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR, mode);

	if (write(fd, content, strlen(content)) != strlen(content))
		return -1;
	return fd;
}

FIXTURE(calls)
{
	char dir[DIR_SIZE];
	struct trapped *c;
	struct target t;
	struct seccomp_notif notif;
};

FIXTURE_SETUP(calls)
{
	REQUIRE_INJECT();
	ASSERT_EQ(0, make_dir(self->dir));
	self->c = trapped_new();
	ASSERT_NE(NULL, self->c);
}

FIXTURE_TEARDOWN(calls)
{
	EXPECT_EQ(0, remove_dir(self->dir));
}

/* Start the target, and get as far as the notification of its call. */
static int start(FIXTURE_DATA(calls) *self, unsigned long flags,
		 int (*fn)(void *))
{
	const int nr = self->c->nr;
	int i;

	if (target_start(&self->t, &nr, 1, INJECT_LISTENER | flags, fn, self->c) ||
	    notif_recv(self->t.listener, &self->notif))
		return -1;
	for (i = 0; i < 6; i++)
		if (self->notif.data.args[i] != self->c->args[i])
			return -1;
	return 0;
}

/* Let the target run @inj instead of its call. Returns what the target got. */
static long redirect(FIXTURE_DATA(calls) *self, struct seccomp_notif_inject *inj)
{
	if (!self->t.pid && start(self, 0, make_call))
		return -4711;
	if (notif_inject(self->t.listener, self->notif.id, inj))
		return -4712;
	if (target_wait(&self->t))
		return -4713;
	return self->c->ret;
}

TEST_F(calls, path)
{
	struct seccomp_notif_inject inj;

	ASSERT_LE(0, make_file("good", "good", 0600));
	ASSERT_LE(0, make_file("evil", "evil", 0600));
	self->c->nr = __NR_openat;
	self->c->args[0] = AT_FDCWD;
	self->c->args[1] = PTR("evil");
	self->c->args[2] = O_RDONLY;
	ASSERT_EQ(0, start(self, 0, make_call_and_read));
	inj = with_path(__NR_openat, AT_FDCWD, "good", O_RDONLY, 0);
	EXPECT_LE(0, redirect(self, &inj));
	EXPECT_STREQ("good", self->c->out);
}

static int unix_listener(const char *path, struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	*addr = (struct sockaddr_un) { .sun_family = AF_UNIX };
	snprintf(addr->sun_path, sizeof(addr->sun_path), "%s", path);
	if (bind(fd, (void *)addr, sizeof(*addr)) || listen(fd, 1))
		return -1;
	return fd;
}

static int inet_listener(struct sockaddr_in *addr)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	socklen_t len = sizeof(*addr);

	*addr = (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	if (bind(fd, (void *)addr, len) || listen(fd, 1) ||
	    getsockname(fd, (void *)addr, &len))
		return -1;
	return fd;
}

/* Redirect a connect() on @fd from @evil to @good. */
static long redirect_connect(FIXTURE_DATA(calls) *self, int fd, const void *evil,
			     const void *good, socklen_t len)
{
	struct seccomp_notif_inject inj = {
		.nr = __NR_connect,
		.args = { fd, 0, len },
		.buf = PTR(good),
		.buf_size = len,
		.args_in_buf_mask = 1 << 1,
	};

	self->c->nr = __NR_connect;
	self->c->args[0] = fd;
	self->c->args[1] = PTR(evil);
	self->c->args[2] = len;
	return redirect(self, &inj);
}

TEST_F(calls, connect_unix)
{
	struct sockaddr_un good_addr, evil_addr;
	int good = unix_listener("good", &good_addr);
	int evil = unix_listener("evil", &evil_addr);

	ASSERT_LE(0, good);
	ASSERT_LE(0, evil);
	EXPECT_EQ(0, redirect_connect(self, socket(AF_UNIX, SOCK_STREAM, 0),
				      &evil_addr, &good_addr, sizeof(good_addr)));
	EXPECT_LE(0, accept(good, NULL, NULL));
	EXPECT_EQ(-1, accept(evil, NULL, NULL));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(calls, connect_inet)
{
	struct sockaddr_in good_addr, evil_addr;
	int good = inet_listener(&good_addr);
	int evil = inet_listener(&evil_addr);

	if (good < 0 || evil < 0)
		SKIP(return, "no IPv4 on the loopback interface");
	EXPECT_EQ(0, redirect_connect(self, socket(AF_INET, SOCK_STREAM, 0),
				      &evil_addr, &good_addr, sizeof(good_addr)));
	EXPECT_LE(0, accept(good, NULL, NULL));
	EXPECT_EQ(-1, accept(evil, NULL, NULL));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(calls, payload)
{
	struct seccomp_notif_inject inj = {
		.nr = __NR_write,
		.args = { 0, 3, 4 },
		.buf = PTR("...good"),
		.buf_size = 7,
		.args_in_buf_mask = 1 << 1,
	};
	int pipes[2];
	char got[8];

	ASSERT_EQ(0, pipe(pipes));
	inj.args[0] = pipes[1];
	self->c->nr = __NR_write;
	self->c->args[0] = pipes[1];
	self->c->args[1] = PTR("evil!");
	self->c->args[2] = 5;
	EXPECT_EQ(4, redirect(self, &inj));
	close(pipes[1]);
	EXPECT_EQ(4, read(pipes[0], got, sizeof(got)));
	EXPECT_EQ(0, memcmp("good", got, 4));
}

/* The largest buffer, no two pages of which are alike. */
TEST_F(calls, payload_max)
{
	const size_t size = SECCOMP_NOTIF_INJECT_BUF_MAX;
	unsigned char *buf = malloc(size), *got = malloc(size);
	int fd = make_file("file", "", 0600);
	struct seccomp_notif_inject inj = {
		.nr = __NR_write,
		.args = { fd, 0, size },
		.buf = PTR(buf),
		.buf_size = size,
		.args_in_buf_mask = 1 << 1,
	};
	size_t i;

	for (i = 0; i < size; i++)
		buf[i] = i * 7 + (i >> 8) * 13 + (i >> 12);
	ASSERT_EQ(size, redirect(self, &inj));
	ASSERT_EQ(size, pread(fd, got, size, 0));
	EXPECT_EQ(0, memcmp(buf, got, size));

	/* The same area again, for the last bytes only. */
	self->t.pid = 0;
	inj.args[1] = size - 100;
	inj.args[2] = 100;
	ASSERT_EQ(100, redirect(self, &inj));
	ASSERT_EQ(100, pread(fd, got, 200, size));
	EXPECT_EQ(0, memcmp(buf + size - 100, got, 100));
}

/* The kernel has copied all of it when SEND returns. */
TEST_F(calls, supervisor_memory_changes)
{
	char path[] = "good";
	struct seccomp_notif_inject inj =
		with_path(__NR_mkdirat, AT_FDCWD, path, 0700, 0);

	ASSERT_EQ(0, start(self, 0, make_call));
	if (target_hold(self->t.pid))
		SKIP(return, "can't have a real-time priority");
	ASSERT_EQ(0, notif_inject(self->t.listener, self->notif.id, &inj));
	memcpy(path, "evil", 4);
	memset(&inj, 0, sizeof(inj));
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_EQ(0, self->c->ret);
	EXPECT_EQ(0, access("good", F_OK));
	EXPECT_EQ(-1, access("evil", F_OK));
}

TEST_F(calls, number)
{
	struct seccomp_notif_inject inj =
		with_path(__NR_mkdirat, AT_FDCWD, "dir", 0710, 0);
	struct stat st;

	umask(0);
	EXPECT_EQ(0, redirect(self, &inj));
	ASSERT_EQ(0, stat("dir", &st));
	EXPECT_EQ(S_IFDIR | 0710, st.st_mode);
}

static long redirect_openat2(FIXTURE_DATA(calls) *self, const char *path)
{
	struct {
		char path[32];
		struct open_how how;
	} buf = {
		.how = { .resolve = RESOLVE_NO_SYMLINKS },
	};
	struct seccomp_notif_inject inj = {
		.nr = __NR_openat2,
		.args = { AT_FDCWD, 0, sizeof(buf.path), sizeof(buf.how) },
		.buf = PTR(&buf),
		.buf_size = sizeof(buf),
		.args_in_buf_mask = 1 << 1 | 1 << 2,
	};

	snprintf(buf.path, sizeof(buf.path), "%s", path);
#ifdef __NR_open
	self->c->nr = __NR_open;
	self->c->args[0] = PTR(path);
	self->c->args[1] = O_RDONLY;
#else
	self->c->nr = __NR_openat;
	self->c->args[0] = AT_FDCWD;
	self->c->args[1] = PTR(path);
	self->c->args[2] = O_RDONLY;
#endif
	self->t.pid = 0;
	return redirect(self, &inj);
}

TEST_F(calls, no_symlinks)
{
	ASSERT_LE(0, make_file("file", "", 0600));
	ASSERT_EQ(0, symlink("file", "link"));
	EXPECT_LE(0, redirect_openat2(self, "file"));
	EXPECT_EQ(-ELOOP, redirect_openat2(self, "link"));
}

TEST_F(calls, output_readlink)
{
	struct seccomp_notif_inject inj =
		with_path(__NR_readlinkat, AT_FDCWD, "link", PTR(self->c->out), 20);

	ASSERT_EQ(0, symlink("somewhere else", "link"));
	EXPECT_EQ(14, redirect(self, &inj));
	EXPECT_STREQ("somewhere else", self->c->out);
}

#ifdef __NR_newfstatat
TEST_F(calls, output_stat)
{
	struct seccomp_notif_inject inj =
		with_path(__NR_newfstatat, AT_FDCWD, "file", PTR(self->c->out), 0);
	struct stat st;

	ASSERT_LE(0, make_file("file", "12345", 0640));
	ASSERT_EQ(0, stat("file", &st));
	EXPECT_EQ(0, redirect(self, &inj));
	EXPECT_EQ(0, memcmp(&st, self->c->out, sizeof(st)));
	EXPECT_EQ(5, st.st_size);
}

TEST_F(calls, empty_path)
{
	int fd = make_file("file", "123", 0600);
	struct seccomp_notif_inject inj =
		with_path(__NR_newfstatat, fd, "", PTR(self->c->out), AT_EMPTY_PATH);
	struct stat st;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(0, redirect(self, &inj));
	EXPECT_EQ(0, memcmp(&st, self->c->out, sizeof(st)));
}
#endif

/* Descriptor, payload, length, flags, address, its length: all six matter. */
TEST_F(calls, six_values)
{
	struct {
		char payload[8];
		struct sockaddr_un addr;
	} buf = {
		.payload = "payload",
		.addr = { .sun_family = AF_UNIX, .sun_path = "\0abstract" },
	};
	const socklen_t addr_len = offsetof(struct sockaddr_un, sun_path) + 5;
	int to = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	int from = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	struct seccomp_notif_inject inj = {
		.nr = __NR_sendto,
		.args = { to, 2, 3, MSG_DONTWAIT,
			  offsetof(typeof(buf), addr), addr_len },
		.buf = PTR(&buf),
		.buf_size = sizeof(buf),
		.args_in_buf_mask = 1 << 1 | 1 << 4,
	};
	char got[8];

	close(to);
	ASSERT_EQ(to, socket(AF_UNIX, SOCK_DGRAM, 0));
	/* An abstract name is as long as its length says. */
	ASSERT_EQ(0, bind(from, (void *)&buf.addr, addr_len));
	ASSERT_EQ(3, redirect(self, &inj));
	ASSERT_EQ(3, recv(from, got, sizeof(got), 0));
	EXPECT_EQ(0, memcmp("ylo", got, 3));

	/* And a flag that there is not. */
	self->t.pid = 0;
	inj.args[3] = MSG_OOB;
	EXPECT_EQ(-EOPNOTSUPP, redirect(self, &inj));
}

/* pwritev2(): a position in argument 3, flags in argument 5. */
TEST_F(calls, position_and_flags)
{
	struct {
		struct iovec iov[2];
		char bytes[8];
	} buf = {
		.bytes = "abcdefg",
	};
	int fd = make_file("file", "0123456789", 0600);
	struct seccomp_notif_inject inj = {
		.nr = __NR_pwritev2,
		.args = { fd, 0, 2, 5, 0, 0 },
		.buf = PTR(&buf),
		.buf_size = sizeof(buf),
		.args_in_buf_mask = 1 << 1,
	};
	char got[16] = {};

	buf.iov[0].iov_base = (void *)offsetof(typeof(buf), bytes[2]);
	buf.iov[0].iov_len = 1;
	buf.iov[1].iov_base = (void *)offsetof(typeof(buf), bytes);
	buf.iov[1].iov_len = 2;
	EXPECT_EQ(3, redirect(self, &inj));
	self->t.pid = 0;
	inj.args[5] = RWF_APPEND;
	EXPECT_EQ(3, redirect(self, &inj));
	EXPECT_EQ(13, pread(fd, got, sizeof(got), 0));
	EXPECT_STREQ("01234cab89cab", got);
	self->t.pid = 0;
	inj.args[5] = 1U << 31;
	EXPECT_EQ(-EOPNOTSUPP, redirect(self, &inj));
}

/* Whatever the substituted call was and did, only the result is different. */
FIXTURE(registers)
{
	struct trapped *c;
};

FIXTURE_VARIANT(registers)
{
	struct seccomp_notif_inject inj;
	long expected;
};

#define STRINGS "/dev/null\0/nowhere\0"

FIXTURE_VARIANT_ADD(registers, descriptor) {
	.inj = { .nr = __NR_openat, .args = { AT_FDCWD, 0, O_WRONLY | O_EXCL, -1 },
		 .args_in_buf_mask = 1 << 1 },
	.expected = 63,
};

FIXTURE_VARIANT_ADD(registers, error) {
	.inj = { .nr = __NR_openat, .args = { AT_FDCWD, 10, O_WRONLY, -1, -1, -1 },
		 .args_in_buf_mask = 1 << 1 },
	.expected = -ENOENT,
};

FIXTURE_VARIANT_ADD(registers, zero) {
	.inj = { .nr = __NR_faccessat, .args = { AT_FDCWD, 0 },
		 .args_in_buf_mask = 1 << 1 },
};

FIXTURE_VARIANT_ADD(registers, no_pointer) {
	.inj = { .nr = __NR_fchmod, .args = { -1, -2, -3, -4, -5, -6 } },
	.expected = -EBADF,
};

FIXTURE_VARIANT_ADD(registers, two_pointers) {
	.inj = { .nr = __NR_symlinkat, .args = { 0, AT_FDCWD, 0, 7, 8, 9 },
		 .args_in_buf_mask = 1 << 0 | 1 << 2 },
	.expected = -EEXIST,
};

FIXTURE_VARIANT_ADD(registers, six_arguments) {
	.inj = { .nr = __NR_sendto, .args = { -1, 0, 1, 0, 2, 16 },
		 .args_in_buf_mask = 1 << 1 | 1 << 4 },
	.expected = -EBADF,
};

FIXTURE_SETUP(registers)
{
	REQUIRE_INJECT();
	self->c = trapped_new();
	ASSERT_NE(NULL, self->c);
}

FIXTURE_TEARDOWN(registers)
{
}

/* Leaves one descriptor free: 63. */
static int make_call_full(void *arg)
{
	int null = open("/dev/null", O_RDONLY), i;

	for (i = 0; i < 63; i++)
		if (i != null && fcntl(i, F_GETFD) < 0)
			dup2(null, i);
	close(63);
	return make_call(arg);
}

TEST_F(registers, come_back)
{
#ifdef HAVE_RAW_CALL
	static const unsigned long args[6] = DISTINCT;
	struct seccomp_notif_inject inj = variant->inj;
	const int nr = __NR_getppid;
	struct seccomp_notif notif;
	struct target t;
	int i;

	*self->c = (struct trapped) { .nr = nr, .args = DISTINCT };
	inj.buf = PTR(STRINGS);
	inj.buf_size = sizeof(STRINGS);
	ASSERT_EQ(0, target_start(&t, &nr, 1, INJECT_LISTENER, make_call_full,
				  self->c));
	ASSERT_EQ(0, notif_recv(t.listener, &notif));
	EXPECT_EQ(nr, notif.data.nr);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(args[i], notif.data.args[i]);
	ASSERT_EQ(0, notif_inject(t.listener, notif.id, &inj));
	EXPECT_EQ(0, target_wait(&t));
	EXPECT_EQ(variant->expected, self->c->ret);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(args[i], self->c->after[i]);
#else
	SKIP(return, "no inline assembly for this architecture");
#endif
}

/* A NULL that is let through is not read, also where there is something to read. */

#define SOCKET_FD 200
#define FILE_FD 201
#define FANOTIFY_FD 202
#define WRITE_FD 203
#define FILE_PATH "file"
#define FILE_AT 0
#define DIR_AT 5
#define NAME_AT 7
#define NULL_STRINGS FILE_PATH "\0.\0user.a"

FIXTURE(nulls)
{
	char dir[DIR_SIZE];
	struct trapped *c;
};

FIXTURE_VARIANT(nulls)
{
	struct seccomp_notif_inject inj;
};

#define NULLS(name, call, mask, ...) \
	FIXTURE_VARIANT_ADD(nulls, name) { \
		.inj = { .nr = call, .args = { __VA_ARGS__ }, \
			 .args_in_buf_mask = mask } }

NULLS(connect, __NR_connect, 0, SOCKET_FD, 0, 0);
NULLS(bind, __NR_bind, 0, SOCKET_FD, 0, 0);
NULLS(sendto_payload, __NR_sendto, 0, SOCKET_FD, 0, 0, MSG_DONTWAIT);
NULLS(sendto_address, __NR_sendto, 2, SOCKET_FD, 0, 1, MSG_DONTWAIT, 0, 16);
NULLS(writev, __NR_writev, 0, WRITE_FD, 0, 0);
NULLS(pwritev, __NR_pwritev, 0, WRITE_FD, 0, 0, 0);
NULLS(pwritev2, __NR_pwritev2, 0, WRITE_FD, 0, 0, 0, 0, 0);
NULLS(execve, __NR_execve, 1, FILE_AT, 0, 0);
NULLS(execveat, __NR_execveat, 2, AT_FDCWD, FILE_AT, 0, 0, 0);
NULLS(utimensat_times, __NR_utimensat, 2, AT_FDCWD, FILE_AT, 0);
NULLS(utimensat_path, __NR_utimensat, 0, FILE_FD, 0, 0);
#ifdef __NR_utime
NULLS(utime, __NR_utime, 1, FILE_AT, 0);
NULLS(utimes, __NR_utimes, 1, FILE_AT, 0);
NULLS(futimesat, __NR_futimesat, 0, FILE_FD, 0, 0);
#endif
NULLS(setxattr, __NR_setxattr, 3, FILE_AT, NAME_AT, 0, 0, 0);
NULLS(lsetxattr, __NR_lsetxattr, 3, FILE_AT, NAME_AT, 0, 0, 0);
NULLS(fsetxattr, __NR_fsetxattr, 2, FILE_FD, NAME_AT, 0, 0, 0);
NULLS(mount_source, __NR_mount, 6, 0, DIR_AT, NAME_AT, 0, 0);
NULLS(mount_type, __NR_mount, 3, NAME_AT, DIR_AT, 0, 0, 0);
NULLS(fanotify_mark, __NR_fanotify_mark, 0, FANOTIFY_FD, FAN_MARK_ADD,
	FAN_OPEN, FILE_FD, 0);
NULLS(sethostname, __NR_sethostname, 0, 0, 0);
NULLS(setdomainname, __NR_setdomainname, 0, 0, 0);

enum page_zero {
	NOT_MAPPED,
	NOT_READ,
	WAS_READ,
	BLIND,
};

static bool page_zero_present(void)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	__u64 entry = 0;

	if (pread(fd, &entry, sizeof(entry), 0) != sizeof(entry))
		entry = 0;
	close(fd);
	return entry >> 63;
}

static int make_call_on_page_zero(void *arg)
{
	char *zero = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	int mem = open("/proc/self/mem", O_RDWR);

	if (zero) {
		syscall(__NR_getppid);
		return NOT_MAPPED;
	}
	make_call(arg);
	if (page_zero_present())
		return WAS_READ;
	/* Would we have seen it? */
	if (pwrite(mem, "x", 1, 0) != 1 || !page_zero_present())
		return BLIND;
	return NOT_READ;
}

FIXTURE_SETUP(nulls)
{
	REQUIRE_INJECT();
	if (is_uml() && (variant->inj.nr == __NR_sethostname ||
			 variant->inj.nr == __NR_setdomainname))
		SKIP(return, "User-mode Linux faults in what it copies 0 bytes of");
	/* What a name or a mount would change shall be ours alone. */
	if (unshare(CLONE_NEWUTS | CLONE_NEWNS))
		SKIP(return, "needs root: %s", strerror(errno));
	ASSERT_EQ(0, make_dir(self->dir));
	ASSERT_EQ(FILE_FD, dup2(make_file(FILE_PATH, "no program", 0700), FILE_FD));
	/* One that is open for writing can't be executed. */
	ASSERT_EQ(FILE_FD, dup2(open(FILE_PATH, O_RDONLY), FILE_FD));
	ASSERT_EQ(WRITE_FD, dup2(make_file("data", "", 0600), WRITE_FD));
	ASSERT_EQ(SOCKET_FD, dup2(socket(AF_UNIX, SOCK_DGRAM, 0), SOCKET_FD));
	if (variant->inj.nr == __NR_fanotify_mark &&
	    dup2(fanotify_init(FAN_CLASS_NOTIF, O_RDONLY), FANOTIFY_FD) < 0)
		SKIP(return, "no fanotify: %s", strerror(errno));
	self->c = trapped_new();
	ASSERT_NE(NULL, self->c);
	*self->c = (struct trapped) { .nr = __NR_getppid };
}

FIXTURE_TEARDOWN(nulls)
{
	EXPECT_EQ(0, remove_dir(self->dir));
}

TEST_F(nulls, not_read)
{
	struct seccomp_notif_inject inj = variant->inj;
	const int nr = __NR_getppid;
	struct seccomp_notif notif;
	struct target t;
	int seen;

	inj.buf = PTR(NULL_STRINGS);
	inj.buf_size = sizeof(NULL_STRINGS);
	ASSERT_EQ(0, target_start(&t, &nr, 1, INJECT_LISTENER,
				  make_call_on_page_zero, self->c));
	ASSERT_EQ(0, notif_recv(t.listener, &notif));
	ASSERT_EQ(0, notif_inject(t.listener, notif.id, &inj));
	seen = target_wait(&t);
	if (seen == NOT_MAPPED)
		SKIP(return, "can't map page 0");
	if (seen == BLIND)
		SKIP(return, "can't see in pagemap what is read");
	EXPECT_EQ(NOT_READ, seen);
	/* It came as far as to look at its arguments. */
	EXPECT_NE(-EFAULT, self->c->ret);
	EXPECT_NE(-EBADF, self->c->ret);
	EXPECT_NE(-ENOENT, self->c->ret);
	EXPECT_NE(-ENOSYS, self->c->ret);
}

/* A descriptor that the supervisor installs can be used by what it injects. */
TEST_F(calls, addfd_then_injected)
{
	struct seccomp_notif_addfd addfd = {};
	struct seccomp_notif_inject inj = {
		.nr = __NR_write,
		.args = { 0, 0, 5 },
		.buf = PTR("hello"),
		.buf_size = 5,
		.args_in_buf_mask = 1 << 1,
	};
	int pipes[2], fd;
	char got[8];

	ASSERT_EQ(0, start(self, 0, make_call));
	/* Only now, so that the target does not have it. */
	ASSERT_EQ(0, pipe(pipes));
	addfd.id = self->notif.id;
	addfd.srcfd = pipes[1];
	fd = ioctl(self->t.listener, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd);
	ASSERT_LE(0, fd);
	inj.args[0] = fd;
	EXPECT_EQ(5, redirect(self, &inj));
	EXPECT_EQ(5, read(pipes[0], got, sizeof(got)));
	EXPECT_EQ(0, memcmp("hello", got, 5));
}

static void *addfd_send(void *arg)
{
	FIXTURE_DATA(calls) *self = arg;
	struct seccomp_notif_addfd addfd = {
		.id = self->notif.id,
		.flags = SECCOMP_ADDFD_FLAG_SEND,
		.srcfd = 0,
	};

	return (void *)(long)ioctl(self->t.listener, SECCOMP_IOCTL_NOTIF_ADDFD,
				   &addfd);
}

/* The reply is given by the descriptor that is on its way. */
TEST_F(calls, addfd_send_then_injected)
{
	struct sched_param above = { .sched_priority = 2 };
	struct seccomp_notif_inject inj = { .nr = __NR_fchmod, .args = { -1 } };
	pthread_attr_t attr;
	pthread_t thread;
	void *fd;

	ASSERT_EQ(0, start(self, 0, make_call));
	if (target_hold(self->t.pid))
		SKIP(return, "can't have a real-time priority");
	ASSERT_EQ(0, pthread_attr_init(&attr));
	ASSERT_EQ(0, pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED));
	ASSERT_EQ(0, pthread_attr_setschedpolicy(&attr, SCHED_FIFO));
	ASSERT_EQ(0, pthread_attr_setschedparam(&attr, &above));
	/* It runs until it waits for the target, which does not run. */
	ASSERT_EQ(0, pthread_create(&thread, &attr, addfd_send, self));

	EXPECT_EQ(-1, notif_inject(self->t.listener, self->notif.id, &inj));
	EXPECT_EQ(EINPROGRESS, errno);
	ASSERT_EQ(0, pthread_join(thread, &fd));
	EXPECT_LE(0, (long)fd);
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_EQ((long)fd, self->c->ret);
}

TEST_F(calls, sync_wake_up)
{
	struct seccomp_notif_inject inj =
		with_path(__NR_mkdirat, AT_FDCWD, "dir", 0700, 0);
	const int nr = self->c->nr;

	ASSERT_EQ(0, target_start(&self->t, &nr, 1, INJECT_LISTENER, make_call,
				  self->c));
	ASSERT_EQ(0, ioctl(self->t.listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
			   SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP));
	ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
	EXPECT_EQ(0, redirect(self, &inj));
	EXPECT_EQ(0, access("dir", F_OK));
}

/*
 * The race that this is all about: a thread of the target rewrites the path
 * while the supervisor decides on it.
 */

#define RACE_OPENS 2000
#define RACE_SECONDS 150

struct race {
	union {
		char path[8];
		__u64 word;
	};
	int opened;
	int raced;
};

FIXTURE(race)
{
	char dir[DIR_SIZE];
	struct race *r;
};

FIXTURE_SETUP(race)
{
	REQUIRE_INJECT();
	ASSERT_EQ(0, make_dir(self->dir));
	ASSERT_LE(0, make_file("good", "g", 0600));
	ASSERT_LE(0, make_file("evil", "e", 0600));
	self->r = mmap(NULL, sizeof(*self->r), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->r);
}

FIXTURE_TEARDOWN(race)
{
	EXPECT_EQ(0, remove_dir(self->dir));
}

static void *rewrite_path(void *arg)
{
	struct sched_param param = {};
	struct race *r = arg;
	struct race good = { .path = "./good" }, evil = { .path = "./evil" };

	/* Not to be in the way of those that it races with. */
	sched_setscheduler(0, SCHED_IDLE, &param);
	for (;;) {
		__atomic_store_n(&r->word, evil.word, __ATOMIC_RELAXED);
		/* UML runs the threads of an mm one at a time. */
		sched_yield();
		__atomic_store_n(&r->word, good.word, __ATOMIC_RELAXED);
		sched_yield();
	}
	return NULL;
}

static int open_for_ever(void *arg)
{
	struct race *r = arg;
	pthread_t thread;
	char byte;
	int fd;

	if (pthread_create(&thread, NULL, rewrite_path, r))
		return 1;
	for (;;) {
		fd = syscall(__NR_openat, AT_FDCWD, r->path, O_RDONLY);
		if (fd < 0)
			continue;
		if (read(fd, &byte, 1) == 1 && byte == 'e')
			__atomic_add_fetch(&r->raced, 1, __ATOMIC_RELAXED);
		__atomic_add_fetch(&r->opened, 1, __ATOMIC_RELAXED);
		close(fd);
	}
}

static int decide(const struct target *t, const struct race *r, int mem,
		  bool inject)
{
	struct seccomp_notif_inject inj;
	struct seccomp_notif notif;
	char path[8] = {};

	if (notif_recv(t->listener, &notif) ||
	    pread(mem, path, sizeof(path), notif.data.args[1]) != sizeof(path))
		return -1;
	if (strcmp(path, "./good"))
		return notif_send(t->listener, notif.id, -EACCES, 0, 0);
	if (!inject)
		return notif_continue(t->listener, notif.id);
	inj = with_path(__NR_openat, AT_FDCWD, path, O_RDONLY, 0);
	return notif_inject(t->listener, notif.id, &inj);
}

/* Until one was raced, or @opens were not. */
static int supervise(struct race *r, bool inject, int opens)
{
	const time_t end = time(NULL) + RACE_SECONDS;
	const int nr = __NR_openat;
	char path[32];
	struct target t;
	int mem, ret = 0;

	*r = (struct race) { .path = "./good" };
	if (target_start(&t, &nr, 1, INJECT_LISTENER, open_for_ever, r))
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/mem", t.pid);
	mem = open(path, O_RDONLY);
	while (!ret && !__atomic_load_n(&r->raced, __ATOMIC_RELAXED) &&
	       __atomic_load_n(&r->opened, __ATOMIC_RELAXED) < opens &&
	       (inject || time(NULL) < end))
		ret = decide(&t, r, mem, inject);
	close(mem);
	kill(t.pid, SIGKILL);
	target_wait(&t);
	return ret;
}

TEST_F_TIMEOUT(race, continue_loses_injected_does_not, 2 * RACE_SECONDS)
{
	ASSERT_EQ(0, supervise(self->r, false, INT32_MAX));
	TH_LOG("CONTINUE: %d of %d opens were raced", self->r->raced,
	       self->r->opened);
	EXPECT_LT(0, self->r->raced);

	ASSERT_EQ(0, supervise(self->r, true, RACE_OPENS));
	TH_LOG("INJECTED: %d of %d opens were raced", self->r->raced,
	       self->r->opened);
	EXPECT_EQ(0, self->r->raced);
	EXPECT_LE(RACE_OPENS, self->r->opened);
}

TEST_HARNESS_MAIN
