// SPDX-License-Identifier: GPL-2.0
/*
 * Substituted system calls: the target's filters still rule, and the audit log
 * tells.
 */
#include "seccomp_inject_calls.h"

#include <linux/netlink.h>
#include <pthread.h>
#include <sys/uio.h>

#include "../kselftest_harness.h"

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif

#ifndef AUDIT_NLGRP_READLOG
#define AUDIT_NLGRP_READLOG 1
#endif

#define TRAP_DATA 0x1234

static const unsigned long distinct[6] = DISTINCT;

/* Another filter of the target says something about the substituted mkdirat(). */
FIXTURE(stacked)
{
	char dir[DIR_SIZE];
	struct trapped *c;
};

FIXTURE_VARIANT(stacked)
{
	__u32 action;
	bool earlier;	/* it was there before the listener's */
	bool own;	/* the listener's says USER_NOTIF for mkdirat() too */
	bool runs;
	long ret;	/* what the target sees */
	int status;	/* how it ends */
};

#define STACKED(name, ...) \
	FIXTURE_VARIANT_ADD(stacked, name) { __VA_ARGS__ }; \
	FIXTURE_VARIANT_ADD(stacked, name##_earlier) { __VA_ARGS__, .earlier = true }; \
	FIXTURE_VARIANT_ADD(stacked, name##_own) { __VA_ARGS__, .own = true }; \
	FIXTURE_VARIANT_ADD(stacked, name##_earlier_own) \
		{ __VA_ARGS__, .earlier = true, .own = true }

#define NOT_SET -4711

/* clang-format off */
STACKED(allow, .action = SECCOMP_RET_ALLOW, .runs = true);
STACKED(log, .action = SECCOMP_RET_LOG, .runs = true);
STACKED(error, .action = SECCOMP_RET_ERRNO | ENOTTY, .ret = -ENOTTY);
STACKED(trap, .action = SECCOMP_RET_TRAP | TRAP_DATA);
STACKED(kill_process, .action = SECCOMP_RET_KILL_PROCESS,
	.ret = NOT_SET, .status = 256 + SIGSYS);
STACKED(kill_thread, .action = SECCOMP_RET_KILL_THREAD,
	.ret = NOT_SET, .status = 256 + SIGSYS);

/* The listener's approval goes before TRACE, as any answer of its would. */
FIXTURE_VARIANT_ADD(stacked, trace) {
	.action = SECCOMP_RET_TRACE, .ret = -ENOSYS,
};

FIXTURE_VARIANT_ADD(stacked, trace_earlier) {
	.action = SECCOMP_RET_TRACE, .earlier = true, .ret = -ENOSYS,
};

FIXTURE_VARIANT_ADD(stacked, trace_own) {
	.action = SECCOMP_RET_TRACE, .own = true, .runs = true,
};

/* Of several that say USER_NOTIF the newest counts. */
FIXTURE_VARIANT_ADD(stacked, no_listener) {
	.action = SECCOMP_RET_USER_NOTIF, .ret = -ENOSYS,
};

FIXTURE_VARIANT_ADD(stacked, no_listener_earlier) {
	.action = SECCOMP_RET_USER_NOTIF, .earlier = true, .ret = -ENOSYS,
};

FIXTURE_VARIANT_ADD(stacked, no_listener_own) {
	.action = SECCOMP_RET_USER_NOTIF, .own = true, .ret = -ENOSYS,
};

FIXTURE_VARIANT_ADD(stacked, no_listener_earlier_own) {
	.action = SECCOMP_RET_USER_NOTIF, .own = true, .earlier = true,
	.runs = true,
};
/* clang-format on */

FIXTURE_SETUP(stacked)
{
	REQUIRE_INJECT();
	ASSERT_EQ(0, make_dir(self->dir));
	self->c = trapped_new();
	ASSERT_NE(NULL, self->c);
	self->c->ret = NOT_SET;
}

FIXTURE_TEARDOWN(stacked)
{
	EXPECT_EQ(0, remove_dir(self->dir));
}

struct stacked_target {
	struct trapped *c;
	int nr;		/* what the target's own filter is about, or -1 */
	__u32 action;
};

static int make_call_filtered(void *arg)
{
	const struct stacked_target *s = arg;

	if (record_signal(s->c, SIGSYS, 0))
		return 1;
	if (s->nr >= 0 && filter_install1(s->nr, s->action, 0))
		return 1;
	return make_call(s->c);
}

/* What a task sees of a TRAP when nothing is substituted. */
static int make_trapped_call(struct trapped *c)
{
	struct stacked_target s = {
		.c = c,
		.nr = __NR_getppid,
		.action = SECCOMP_RET_TRAP | TRAP_DATA,
	};
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(make_call_filtered(&s));
	waitpid(pid, &status, 0);
	return status;
}

TEST_F(stacked, rules)
{
	const int nrs[2] = { __NR_getppid, __NR_mkdirat };
	struct seccomp_notif_inject inj =
		with_path(__NR_mkdirat, AT_FDCWD, "dir", 0700, 0);
	struct stacked_target s = {
		.c = self->c,
		.nr = variant->earlier ? -1 : __NR_mkdirat,
		.action = variant->action,
	};
	struct trapped *ref;
	const bool traps = (variant->action & SECCOMP_RET_ACTION_FULL) ==
			   SECCOMP_RET_TRAP;
	struct seccomp_notif notif;
	struct target t;
	int i;

	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	/* Ours too, but we make no such call. */
	if (variant->earlier)
		ASSERT_EQ(0, filter_install1(__NR_mkdirat, variant->action, 0));
	ASSERT_EQ(0, target_start(&t, nrs, variant->own ? 2 : 1, INJECT_LISTENER,
				  make_call_filtered, &s));
	ASSERT_EQ(0, notif_recv(t.listener, &notif));
	ASSERT_EQ(0, notif_inject(t.listener, notif.id, &inj));
	EXPECT_EQ(variant->status, target_wait(&t));
	EXPECT_EQ(variant->runs ? 0 : -1, access("dir", F_OK));
	if (!traps)
		EXPECT_EQ(variant->ret, self->c->ret);
#ifdef HAVE_RAW_CALL
	if (!variant->status)
		for (i = 0; i < 6; i++)
			EXPECT_EQ(distinct[i], self->c->after[i]);
#endif
	EXPECT_EQ(traps, self->c->handled);
	if (!traps)
		return;

	ref = trapped_new();
	ASSERT_NE(NULL, ref);
	ASSERT_EQ(0, make_trapped_call(ref));
	ASSERT_EQ(1, ref->handled);
	EXPECT_EQ(ref->ret, self->c->ret);
	EXPECT_EQ(ref->result, self->c->result);
	EXPECT_EQ(ref->ip, self->c->ip);
	EXPECT_EQ(SYS_SECCOMP, self->c->info.si_code);
	EXPECT_EQ(TRAP_DATA, self->c->info.si_errno);
	EXPECT_EQ(__NR_getppid, self->c->info.si_syscall);
	EXPECT_EQ(notif.data.arch, self->c->info.si_arch);
	/* User-mode Linux gives an address of its own. */
	if (!is_uml())
		EXPECT_EQ(ref->info.si_call_addr, self->c->info.si_call_addr);
#ifdef HAVE_RAW_CALL
	for (i = 0; i < 6; i++)
		EXPECT_EQ(distinct[i], self->c->regs[i]);
#endif
}

FIXTURE(filtered)
{
	char dir[DIR_SIZE];
	struct trapped *c;
	struct target t;
	struct seccomp_notif notif;
};

FIXTURE_SETUP(filtered)
{
	REQUIRE_INJECT();
	ASSERT_EQ(0, make_dir(self->dir));
	self->c = trapped_new();
	ASSERT_NE(NULL, self->c);
	self->c->ret = NOT_SET;
}

FIXTURE_TEARDOWN(filtered)
{
	EXPECT_EQ(0, remove_dir(self->dir));
}

static void *make_call_in_thread(void *arg)
{
	make_call(arg);
	return NULL;
}

static int survive_thread(void *arg)
{
	pthread_t thread;

	if (filter_install1(__NR_mkdirat, SECCOMP_RET_KILL_THREAD, 0) ||
	    pthread_create(&thread, NULL, make_call_in_thread, arg) ||
	    pthread_join(thread, NULL))
		return 1;
	return 21;
}

TEST_F(filtered, kill_thread_of_two)
{
	struct seccomp_notif_inject inj =
		with_path(__NR_mkdirat, AT_FDCWD, "dir", 0700, 0);
	const int nr = __NR_getppid;

	ASSERT_EQ(0, target_start(&self->t, &nr, 1, INJECT_LISTENER,
				  survive_thread, self->c));
	ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
	ASSERT_EQ(0, notif_inject(self->t.listener, self->notif.id, &inj));
	EXPECT_EQ(21, target_wait(&self->t));
	EXPECT_EQ(-1, access("dir", F_OK));
	EXPECT_EQ(NOT_SET, self->c->ret);
}

/* Refuses mkdirat() with mode 0700. */
static int filter_install_mode(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mkdirat, 0, 3),
		/* The low half, on little endian. */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0700, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTTY),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = ARRAY_SIZE(insns), .filter = insns };

	return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

static int make_two_calls_by_mode(void *arg)
{
	struct trapped *c = arg;

	if (filter_install_mode())
		return 1;
	make_call(c);
	if (c->ret != -ENOTTY)
		return 2;
	make_call(c);
	return c->ret ? 3 : 0;
}

/* They see the substituted arguments. */
TEST_F(filtered, arguments)
{
	struct seccomp_notif_inject inj =
		with_path(__NR_mkdirat, AT_FDCWD, "dir", 0700, 0);
	const int nr = __NR_getppid;

	if (*(const char *)&(int) { 1 } != 1)
		SKIP(return, "the filter is for little endian");
	ASSERT_EQ(0, target_start(&self->t, &nr, 1, INJECT_LISTENER,
				  make_two_calls_by_mode, self->c));
	ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
	ASSERT_EQ(0, notif_inject(self->t.listener, self->notif.id, &inj));
	ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
	EXPECT_EQ(-1, access("dir", F_OK));
	inj.args[2] = 0701;
	ASSERT_EQ(0, notif_inject(self->t.listener, self->notif.id, &inj));
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_EQ(0, access("dir", F_OK));
}

/* One notification, though the listener's filter traps what it injects, too. */
TEST_F(filtered, approves_of_its_own)
{
	const int nrs[2] = { __NR_getppid, __NR_mkdirat };
	struct seccomp_notif_inject inj =
		with_path(__NR_mkdirat, AT_FDCWD, "dir", 0700, 0);
	struct pollfd poll_in = { .events = POLLIN };

	ASSERT_EQ(0, target_start(&self->t, nrs, 2, INJECT_LISTENER, make_call,
				  self->c));
	ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
	ASSERT_EQ(0, notif_inject(self->t.listener, self->notif.id, &inj));
	poll_in.fd = self->t.listener;
	ASSERT_EQ(1, poll(&poll_in, 1, -1));
	EXPECT_EQ(POLLHUP, poll_in.revents);
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_EQ(0, self->c->ret);
	EXPECT_EQ(0, access("dir", F_OK));
}

/* Audit, where it is multicast to whoever may read it. */
static int audit_open(void)
{
	struct sockaddr_nl addr = {
		.nl_family = AF_NETLINK,
		.nl_groups = 1 << (AUDIT_NLGRP_READLOG - 1),
	};
	int audit = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

	return audit < 0 || bind(audit, (void *)&addr, sizeof(addr)) ? -1 : audit;
}

/* The number behind @name in a record, or -1. */
static int audit_value(const char *record, const char *name)
{
	const char *p = strstr(record, name);

	return p ? atoi(p + strlen(name)) : -1;
}

/* The next record of @type that has @name with one of two values. */
static char *next_record(int audit, int type, const char *name,
			 const pid_t *values)
{
	struct pollfd poll_in = { .fd = audit, .events = POLLIN };
	static char buf[NLMSG_HDRLEN + 9000];
	struct nlmsghdr *header = (void *)buf;
	char *record = NLMSG_DATA(header);
	ssize_t len;
	int value;

	while (poll(&poll_in, 1, 20000) == 1) {
		len = recv(audit, buf, sizeof(buf) - 1, 0);
		if (len < NLMSG_HDRLEN)
			return NULL;
		buf[len] = 0;
		value = audit_value(record, name);
		if (header->nlmsg_type == type && value >= 0 &&
		    (value == values[0] || value == values[1]))
			return record;
	}
	return NULL;
}

/*
 * The first target's filter does not log: it must leave no record. Nor does the
 * third's, but another one says LOG for the substituted call.
 */
TEST_F_TIMEOUT(filtered, audited, 60)
{
	const unsigned long flags[3] = { 0, SECCOMP_FILTER_FLAG_LOG, 0 };
	struct stacked_target s = {
		.c = self->c, .nr = -1, .action = SECCOMP_RET_LOG,
	};
	struct seccomp_notif_inject inj = { .nr = __NR_fchmod, .args = { -1 } };
	const int nr = __NR_getppid;
	int audit = audit_open(), i;
	pid_t pids[3];
	char *record;

	if (audit < 0)
		SKIP(return, "can't read the audit log: %s", strerror(errno));
	for (i = 0; i < 3; i++) {
		if (i == 2)
			s.nr = __NR_fchmod;
		ASSERT_EQ(0, target_start(&self->t, &nr, 1,
					  INJECT_LISTENER | flags[i],
					  make_call_filtered, &s));
		ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
		ASSERT_EQ(0, notif_inject(self->t.listener, self->notif.id, &inj));
		pids[i] = self->t.pid;
		ASSERT_EQ(0, target_wait(&self->t));
		EXPECT_EQ(-EBADF, self->c->ret);
	}
	record = next_record(audit, AUDIT_SECCOMP, " pid=", pids);
	ASSERT_NE(NULL, record);
	EXPECT_EQ(pids[1], audit_value(record, " pid="));
	EXPECT_EQ(__NR_fchmod, audit_value(record, " syscall="));
	record = next_record(audit, AUDIT_SECCOMP, " pid=", pids + 1);
	ASSERT_NE(NULL, record);
	EXPECT_EQ(pids[2], audit_value(record, " pid="));
	EXPECT_EQ(__NR_fchmod, audit_value(record, " syscall="));
}

/* Returns 0 or a negative errno. */
static int audit_request(int type, void *data, size_t len)
{
	int audit = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	struct nlmsghdr header = {
		.nlmsg_len = NLMSG_LENGTH(len), .nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
	};
	struct iovec iov[] = { { &header, NLMSG_HDRLEN }, { data, len } };
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} reply = { .error.error = -EIO };

	if (writev(audit, iov, 2) < 0)
		reply.error.error = -errno;
	else
		read(audit, &reply, sizeof(reply));
	close(audit);
	return reply.error.error;
}

/* Is it, or can't we know? */
static bool audit_enabled(void)
{
	int audit = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	struct nlmsghdr header = {
		.nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = AUDIT_GET,
		.nlmsg_flags = NLM_F_REQUEST,
	};
	struct {
		struct nlmsghdr header;
		struct audit_status status;
	} reply = { .status.enabled = 1 };

	if (write(audit, &header, sizeof(header)) == sizeof(header))
		read(audit, &reply, sizeof(reply));
	close(audit);
	return reply.header.nlmsg_type != AUDIT_GET || reply.status.enabled;
}

static int audit_enable(int enabled)
{
	struct audit_status status = {
		.mask = AUDIT_STATUS_ENABLED, .enabled = enabled,
	};

	return audit_request(AUDIT_SET, &status, sizeof(status));
}

/* A record of each getppid(), fchmod() and ioctl() of our children. */
static int audit_children(int request)
{
	static const int nrs[] = { __NR_getppid, __NR_fchmod, __NR_ioctl };
	struct audit_rule_data rule = {
		.flags = AUDIT_FILTER_EXIT,
		.action = AUDIT_ALWAYS,
		.field_count = 1,
		.fields = { AUDIT_PPID },
		.fieldflags = { AUDIT_EQUAL },
		.values = { getpid() },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(nrs); i++)
		rule.mask[AUDIT_WORD(nrs[i])] |= AUDIT_BIT(nrs[i]);
	return audit_request(request, &rule, sizeof(rule));
}

/*
 * The records of the system calls themselves: that of the listener's ioctl()
 * names the target, that of the target the call that ran.
 */
TEST_F_TIMEOUT(filtered, audited_calls, 60)
{
	struct seccomp_notif_inject inj = { .nr = __NR_fchmod, .args = { -1 } };
	int audits[2] = { audit_open(), audit_open() }, status = -1;
	const bool enabled = audit_enabled();
	const int nr = __NR_getppid;
	pid_t pids[2] = { -1, -1 };
	char *record;

	if (audits[0] < 0 || audit_enable(1) || audit_children(AUDIT_ADD_RULE))
		SKIP(return, "can't audit system calls");
	ASSERT_EQ(0, target_start(&self->t, &nr, 1, INJECT_LISTENER, make_call,
				  self->c));
	ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
	pids[1] = fork();
	if (!pids[1])
		_exit(notif_inject(self->t.listener, self->notif.id, &inj));
	EXPECT_EQ(pids[1], waitpid(pids[1], &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_EQ(0, audit_children(AUDIT_DEL_RULE));
	EXPECT_EQ(0, audit_enable(enabled));

	pids[0] = self->t.pid;
	/* The two may come in any order. */
	record = next_record(audits[0], AUDIT_OBJ_PID, "opid=", pids);
	ASSERT_NE(NULL, record);
	EXPECT_EQ(pids[0], audit_value(record, "opid="));
	pids[1] = pids[0];
	record = next_record(audits[1], AUDIT_SYSCALL, " pid=", pids);
	ASSERT_NE(NULL, record);
	EXPECT_EQ(__NR_fchmod, audit_value(record, " syscall="));
	EXPECT_EQ(-EBADF, audit_value(record, " exit="));
}

#define TRACING "/sys/kernel/tracing/"
#define SYS_EXIT "events/raw_syscalls/sys_exit/enable"

static int write_tracing(const char *file, const char *string)
{
	char path[128];
	int fd, ret;

	snprintf(path, sizeof(path), TRACING "%s", file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ret = write(fd, string, strlen(string)) == strlen(string) ? 0 : -1;
	close(fd);
	return ret;
}

/* How often the trace says that a task has left call @nr. */
static int traced_exits(pid_t pid, int nr)
{
	char task[16], call[32], line[512];
	FILE *f = fopen(TRACING "trace", "re");
	int n = 0;

	snprintf(task, sizeof(task), "-%d ", pid);
	snprintf(call, sizeof(call), "sys_exit: NR %d = ", nr);
	while (f && fgets(line, sizeof(line), f))
		n += strstr(line, task) && strstr(line, call);
	if (f)
		fclose(f);
	return n;
}

FIXTURE(traced)
{
	struct trapped *c;
};

/* What another filter says to the substituted call, which call then ends, how. */
FIXTURE_VARIANT(traced)
{
	__u32 action;
	int nr;
	long ret;
};

FIXTURE_VARIANT_ADD(traced, call) {
	.action = SECCOMP_RET_ALLOW, .nr = __NR_fchmod, .ret = -EBADF,
};

FIXTURE_VARIANT_ADD(traced, error) {
	.action = SECCOMP_RET_ERRNO | ENOTTY, .nr = __NR_getppid, .ret = -ENOTTY,
};

FIXTURE_VARIANT_ADD(traced, no_tracer) {
	.action = SECCOMP_RET_TRACE, .nr = __NR_getppid, .ret = -ENOSYS,
};

FIXTURE_VARIANT_ADD(traced, no_listener) {
	.action = SECCOMP_RET_USER_NOTIF, .nr = __NR_getppid, .ret = -ENOSYS,
};

FIXTURE_SETUP(traced)
{
	REQUIRE_INJECT();
	if (write_tracing(SYS_EXIT, "1"))
		SKIP(return, "no tracepoints of system calls");
	self->c = trapped_new();
	ASSERT_NE(NULL, self->c);
}

FIXTURE_TEARDOWN(traced)
{
	write_tracing(SYS_EXIT, "0");
}

/* The tracepoint at the exit shows the call that ran, or was refused. */
TEST_F(traced, exit)
{
	struct seccomp_notif_inject inj = { .nr = __NR_fchmod, .args = { -1 } };
	struct stacked_target s = {
		.c = self->c, .nr = __NR_fchmod, .action = variant->action,
	};
	const int nr = __NR_getppid;
	struct seccomp_notif notif;
	struct target t;

	ASSERT_EQ(0, target_start(&t, &nr, 1, INJECT_LISTENER,
				  make_call_filtered, &s));
	ASSERT_EQ(0, notif_recv(t.listener, &notif));
	ASSERT_EQ(0, notif_inject(t.listener, notif.id, &inj));
	EXPECT_EQ(0, target_wait(&t));
	EXPECT_EQ(variant->ret, self->c->ret);
	EXPECT_EQ(0, write_tracing(SYS_EXIT, "0"));
	EXPECT_EQ(variant->nr == __NR_fchmod, traced_exits(t.pid, __NR_fchmod));
	EXPECT_EQ(variant->nr == __NR_getppid, traced_exits(t.pid, __NR_getppid));
}

TEST_HARNESS_MAIN
