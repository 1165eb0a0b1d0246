// SPDX-License-Identifier: GPL-2.0
/*
 * Substituted system calls: who may. The target and the holder of the listener
 * are two children of ours.
 */
#include "seccomp_inject_util.h"

#include <grp.h>
#include <sys/stat.h>

#include "../kselftest_harness.h"

#define NOBODY 65534
#define PROGRAM "./seccomp_inject_may.program"
/* Beyond every table. */
#define ODD_CALL 100000

/* Fails with EBADF. */
static struct seccomp_notif_inject inject_call = {
	.nr = __NR_fchmod,
	.args = { -1 },
};

FIXTURE(holder)
{
	struct target t;
	struct seccomp_notif notif;
	char scope;
};

FIXTURE_VARIANT(holder)
{
	unsigned long flags;
	enum target_nnp nnp;
	uid_t target;
	uid_t holder;
	/* Real uid of the holder, if that is another one. */
	uid_t real;
	bool undumpable;
	bool allows_anyone;
	/* Mode of the program that the target executes first, 0 for none. */
	mode_t program;
	char scope;
	/* Number of the call, if it is not getppid(). */
	int nr;
	int expected;
};

#define HOLDER(name, error, ...) \
	FIXTURE_VARIANT_ADD(holder, name) { .expected = error, .scope = '0', \
					    __VA_ARGS__ }
#define FLAG .flags = SECCOMP_FILTER_FLAG_INJECT
#define BOTH_NOBODY .target = NOBODY, .holder = NOBODY

HOLDER(root, 0);
HOLDER(root_no_nnp, 0, .nnp = NNP_NEVER);
HOLDER(root_flag, 0, FLAG);
HOLDER(root_flag_no_nnp, 0, FLAG, .nnp = NNP_NEVER);
HOLDER(nobody_of_root, EPERM, .holder = NOBODY);
HOLDER(nobody_of_root_flag, 0, FLAG, .holder = NOBODY);
HOLDER(nobody_of_root_flag_no_nnp, EPERM, FLAG, .holder = NOBODY, .nnp = NNP_NEVER);
HOLDER(nobody_of_root_flag_late_nnp, EPERM, FLAG, .holder = NOBODY, .nnp = NNP_AFTER);
/* What can't be redirected is none of the business of who may not. */
HOLDER(root_odd_call, EOPNOTSUPP, .nr = ODD_CALL);
HOLDER(nobody_of_root_odd_call, EPERM, .nr = ODD_CALL, .holder = NOBODY);
HOLDER(same_uid, 0, BOTH_NOBODY);
HOLDER(same_uid_no_nnp, 0, BOTH_NOBODY, .nnp = NNP_NEVER);
HOLDER(same_effective_uid, EPERM, BOTH_NOBODY, .real = 4711);
HOLDER(same_effective_uid_flag, 0, FLAG, BOTH_NOBODY, .real = 4711);
HOLDER(same_uid_undumpable, EPERM, BOTH_NOBODY, .undumpable = true);
HOLDER(same_uid_undumpable_flag, 0, FLAG, BOTH_NOBODY, .undumpable = true);
HOLDER(nobody_of_root_exec_flag, 0, FLAG, .holder = NOBODY, .program = 0555);
HOLDER(same_uid_exec_flag, 0, FLAG, BOTH_NOBODY, .program = 0555);
HOLDER(same_uid_unreadable, EPERM, BOTH_NOBODY, .program = 0111);
HOLDER(same_uid_unreadable_flag, EPERM, FLAG, BOTH_NOBODY, .program = 0111);
HOLDER(yama_1, EPERM, BOTH_NOBODY, .scope = '1');
HOLDER(yama_1_asked, 0, BOTH_NOBODY, .scope = '1', .allows_anyone = true);
HOLDER(yama_1_flag, 0, FLAG, BOTH_NOBODY, .scope = '1');
HOLDER(yama_1_flag_late_nnp, EPERM, FLAG, BOTH_NOBODY, .scope = '1', .nnp = NNP_AFTER);
HOLDER(yama_1_root, 0, .scope = '1');
HOLDER(yama_2, EPERM, BOTH_NOBODY, .scope = '2');
HOLDER(yama_2_asked, EPERM, BOTH_NOBODY, .scope = '2', .allows_anyone = true);
HOLDER(yama_2_flag, 0, FLAG, BOTH_NOBODY, .scope = '2');
HOLDER(yama_2_root, 0, .scope = '2');

#define YAMA "/proc/sys/kernel/yama/ptrace_scope"

static int write_char(const char *path, char c)
{
	int fd = open(path, O_WRONLY), ret;

	ret = write(fd, &c, 1) == 1 ? 0 : -1;
	close(fd);
	return ret;
}

static char read_char(const char *path)
{
	int fd = open(path, O_RDONLY);
	char c = 0;

	if (read(fd, &c, 1) != 1)
		c = 0;
	close(fd);
	return c;
}

static int become(uid_t uid, uid_t real)
{
	if (!uid)
		return 0;
	return setgroups(0, NULL) || setresgid(uid, uid, uid) ||
	       setresuid(real ?: uid, uid, uid);
}

/* Where a target that executes this program goes on. */
static __attribute__((constructor)) void execed(int argc, char **argv)
{
	if (!strcmp(argv[0], "held"))
		_exit(syscall(__NR_getppid) & 0xff);
}

/* A copy of this program, which nobody but root can change. */
static int make_program(const char *path, mode_t mode)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	static char buf[65536];
	ssize_t len;

	while ((len = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, len) != len)
			return -1;
	close(from);
	len |= fchmod(to, mode);
	return close(to) || len;
}

static int held(void *arg)
{
	const FIXTURE_VARIANT(holder) *variant = arg;

	if (become(variant->target, 0) || prctl(PR_SET_DUMPABLE, !variant->undumpable))
		return 3;
	if (variant->allows_anyone && prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY))
		return 3;
	if (variant->program) {
		execl(PROGRAM, "held", NULL);
		return 3;
	}
	return syscall(variant->nr ?: __NR_getppid) & 0xff;
}

FIXTURE_SETUP(holder)
{
	const int nr = variant->nr ?: __NR_getppid;

	REQUIRE_INJECT();
	if (getuid())
		SKIP(return, "needs root");
	self->scope = read_char(YAMA);
	if (!self->scope && variant->scope != '0')
		SKIP(return, "no Yama");
	if (self->scope && write_char(YAMA, variant->scope))
		SKIP(return, "can't set Yama's scope");

	if (variant->program)
		ASSERT_EQ(0, make_program(PROGRAM, variant->program));
	ASSERT_EQ(0, target_start_nnp(&self->t, &nr, 1, variant->flags |
				      SECCOMP_FILTER_FLAG_NEW_LISTENER,
				      variant->nnp, held, (void *)variant));
	ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
}

FIXTURE_TEARDOWN(holder)
{
	unlink(PROGRAM);
	if (self->scope)
		EXPECT_EQ(0, write_char(YAMA, self->scope));
}

/* Errno that a child of ours gets which holds the listener. */
static int held_inject(const FIXTURE_DATA(holder) *self,
		       const FIXTURE_VARIANT(holder) *variant, __u64 id)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		if (become(variant->holder, variant->real))
			_exit(255);
		_exit(notif_inject(self->t.listener, id, &inject_call) ? errno : 0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(holder, injects)
{
	const __u64 id = self->notif.id;

	/* What a request says comes first, then whether there is such a call. */
	inject_call.args_in_buf_mask = 1;
	EXPECT_EQ(EINVAL, held_inject(self, variant, id));
	inject_call.args_in_buf_mask = 0;
	EXPECT_EQ(ENOENT, held_inject(self, variant, id + 1));

	EXPECT_EQ(variant->expected, held_inject(self, variant, id));
	if (variant->expected)
		EXPECT_EQ(0, notif_send(self->t.listener, id, 0, 66, 0));
	EXPECT_EQ(variant->expected ? 66 : 255, target_wait(&self->t));
}

TEST_HARNESS_MAIN
