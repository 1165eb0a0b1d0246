// SPDX-License-Identifier: GPL-2.0
/*
 * Substituted system calls and who else has a say in them: tracers, listeners
 * that come later, and ways into the kernel other than the usual one.
 */
#include "seccomp_inject_util.h"

#include <elf.h>
#include <linux/futex.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/ptrace.h>
#include <linux/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <ucontext.h>

#include "../kselftest_harness.h"

#ifdef __x86_64__

#ifndef PTRACE_SET_SYSCALL_INFO
#define PTRACE_SET_SYSCALL_INFO 0x4212
#endif
#ifndef PTRACE_SYSEMU
#define PTRACE_SYSEMU 31
#endif
#ifndef __NR_pidfd_open
#define __NR_pidfd_open 434
#endif
#ifndef __NR_pidfd_getfd
#define __NR_pidfd_getfd 438
#endif
#ifndef __X32_SYSCALL_BIT
#define __X32_SYSCALL_BIT 0x40000000
#endif

#define ERESTARTSYS	512
#define BEYOND_TABLE	100000
#define VSYSCALL_TIME	0xffffffffff600400UL
#define I386_GETPID	20

/* What the target is made to write, and where in the buffer that is. */
#define PAYLOAD		"hello"
#define PAYLOAD_LEN	5
#define PAYLOAD_AT	16

#define TRACE_DATA	0x77
#define SKIP_RESULT	77
#define REPLY_RESULT	1234

#define OPTIONS		(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | \
			 PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)

/* What next_stop() returns. */
#define SYSCALL_STOP	(SIGTRAP | 0x80)
#define EVENT(e)	(SIGTRAP | (e) << 8)
#define EXITED(code)	(0x100000 | (code))
#define KILLED(sig)	(0x200000 | (sig))

/**
 * struct call - a system call, as registers hold it
 * @nr: its number
 * @args: its arguments
 * @ret: its result
 */
struct call {
	long nr;
	unsigned long args[6];
	long ret;
};

/**
 * struct shared - what target and test share
 * @enter: how the target makes its call
 * @call: the call that traps; after it, its result and the registers
 * @next: another call to make after @call, if its number isn't 0
 * @outer: a call in whose signal handler @call is made, if its number isn't 0
 * @child: call of a child that a tracer let the target have
 * @traced: the target asks to be traced and stops before its call
 * @by_size: trap writes of 3 bytes as well, which target_start() can't say
 * @nrs: numbers for which @action is said by a filter of the target's own
 * @count: how many @nrs there are
 * @action: what that filter says
 * @later_action: what a filter of a sibling says about writes and getppid
 * @later_flags: how the sibling installs it
 * @go: tells the sibling to install its filter, or the target to go on
 * @ready: the sibling has installed it
 * @taken: the test has a descriptor of @listener of its own
 * @listener: a listener in the target
 * @report: pipe through which the target says that it made its call
 * @signals: how many signals the target has handled
 * @seen: the call that the last signal handler saw in the registers
 * @info_nr: number that SIGSYS came with
 * @frame: address of a signal handler's context
 * @child_done: @child was made
 */
struct shared {
	void (*enter)(struct call *call);
	struct call call;
	struct call next;
	struct call outer;
	struct call child;
	bool traced;
	bool by_size;
	int nrs[4];
	int count;
	__u32 action;
	__u32 later_action;
	unsigned long later_flags;
	int go;
	int ready;
	int taken;
	int listener;
	int report[2];
	int signals;
	struct call seen;
	int info_nr;
	unsigned long frame;
	bool child_done;
};

/* Where signal handlers and children find it. */
static struct shared *shared;

static const unsigned long original[6] = {
	0x1111111111111111, 0x2222222222222222, 0x3333333333333333,
	0x4444444444444444, 0x5555555555555555, 0x6666666666666666,
};

/* Arguments that write() doesn't look at. */
static const unsigned long unused[3] = {
	0xaaaaaaaaaaaaaaaa, 0xbbbbbbbbbbbbbbbb, 0xcccccccccccccccc,
};

/* Make a call by @insns and leave in @call what the registers hold after it. */
#define DEFINE_ENTER(name, insns)					\
static void name(struct call *call)					\
{									\
	register unsigned long arg3 asm("r10") = call->args[3];		\
	register unsigned long arg4 asm("r8") = call->args[4];		\
	register unsigned long arg5 asm("r9") = call->args[5];		\
	unsigned long arg0 = call->args[0];				\
	unsigned long arg1 = call->args[1];				\
	unsigned long arg2 = call->args[2];				\
	long ret = call->nr;						\
									\
	asm volatile(insns						\
		     : "+a" (ret), "+D" (arg0), "+S" (arg1),		\
		       "+d" (arg2), "+r" (arg3), "+r" (arg4),		\
		       "+r" (arg5)					\
		     : : "rcx", "r11", "memory");			\
	call->args[0] = arg0;						\
	call->args[1] = arg1;						\
	call->args[2] = arg2;						\
	call->args[3] = arg3;						\
	call->args[4] = arg4;						\
	call->args[5] = arg5;						\
	call->ret = ret;						\
}

DEFINE_ENTER(enter_syscall, "syscall")

/* A tracer finds the task right before the call. */
DEFINE_ENTER(enter_after_trap, "int3\n\tsyscall\n\tnop\n\tnop")

/*
 * A tracer may make a clone() of it: the child, with a result of 0, must touch
 * nothing that its parent has on the stack.
 */
DEFINE_ENTER(enter_clone, "syscall\n\t"
			  "test %%rax, %%rax\n\t"
			  "jnz 1f\n\t"
			  "and $-16, %%rsp\n\t"
			  "call clone_child\n"
			  "1:")

void clone_child(void);
void clone_child(void)
{
	struct call bye = { .nr = __NR_exit };

	enter_syscall(&shared->child);
	shared->child_done = true;
	enter_syscall(&bye);
}

static void enter_int80(struct call *call)
{
	long ret = call->nr;

	asm volatile("int $0x80" : "+a" (ret)
		     : : "r8", "r9", "r10", "r11", "memory");
	call->ret = ret;
}

static void enter_vsyscall(struct call *call)
{
	call->ret = ((long (*)(long *))VSYSCALL_TIME)(NULL);
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	shared->seen = (struct call) {
		.ret = regs[REG_RAX],
		.args = { regs[REG_RDI], regs[REG_RSI], regs[REG_RDX],
			  regs[REG_R10], regs[REG_R8], regs[REG_R9] },
	};
	shared->info_nr = sig == SIGSYS ? info->si_syscall : 0;
	shared->signals++;
	if (shared->outer.nr) {
		shared->frame = (unsigned long)context;
		enter_syscall(&shared->call);
	}
}

/* As filter_install1(__NR_getppid, ...), and about writes of 3 bytes too. */
static int install_by_size(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getppid, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_write, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 3, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
		.len = ARRAY_SIZE(insns),
		.filter = insns,
	};
	int fd;

	/* The listener that target_start() made has to be closed first. */
	do {
		fd = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
			     INJECT_LISTENER, &prog);
	} while (fd < 0 && errno == EBUSY && !usleep(100));
	return fd;
}

static int target(void *arg)
{
	struct sigaction action = {
		.sa_sigaction = on_signal,
		.sa_flags = SA_RESTART | SA_SIGINFO,
	};
	struct shared *s = arg;

	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGSYS, &action, NULL);
	if (s->by_size) {
		s->listener = install_by_size();
		if (s->listener < 0)
			return 101;
	}
	if (s->traced && (ptrace(PTRACE_TRACEME, 0, 0, 0) || raise(SIGSTOP)))
		return 102;
	if (s->count && filter_install(s->nrs, s->count, s->action, 0))
		return 103;

	if (s->outer.nr) {
		s->outer.args[0] = getpid();
		s->outer.args[1] = getpid();
		enter_syscall(&s->outer);
		return 0;
	}
	s->enter(&s->call);
	if (s->next.nr)
		enter_syscall(&s->next);
	while (s->child.nr && !s->child_done)
		usleep(100);
	return 0;
}

/* Where a target that was made to exec this program ends. */
static __attribute__((constructor)) void execed(int argc, char **argv)
{
	struct call call = { .nr = __NR_getppid };

	if (strcmp(argv[0], "execed"))
		return;
	memcpy(call.args, original, sizeof(original));
	enter_syscall(&call);
	_exit(call.ret == PAYLOAD_LEN &&
	      !memcmp(call.args, original, sizeof(original)) ? 0 : 104);
}

static int next_stop(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, __WALL) != pid)
		return -1;
	if (WIFSTOPPED(status))
		return status >> 8;
	return WIFEXITED(status) ? EXITED(WEXITSTATUS(status)) :
				   KILLED(WTERMSIG(status));
}

static int resume(pid_t pid, int request)
{
	return ptrace(request, pid, 0, 0) ? -1 : next_stop(pid);
}

static int regs_get(pid_t pid, struct user_regs_struct *regs)
{
	struct iovec iov = { regs, sizeof(*regs) };

	return ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov);
}

static int regs_set(pid_t pid, struct user_regs_struct *regs)
{
	struct iovec iov = { regs, sizeof(*regs) };

	return ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov);
}

static int call_get(pid_t pid, struct call *call)
{
	struct user_regs_struct r;

	if (regs_get(pid, &r))
		return -1;
	*call = (struct call) {
		.nr = r.orig_rax,
		.args = { r.rdi, r.rsi, r.rdx, r.r10, r.r8, r.r9 },
		.ret = r.rax,
	};
	return 0;
}

static int call_set(pid_t pid, const struct call *call)
{
	struct user_regs_struct r;

	if (regs_get(pid, &r))
		return -1;
	r.orig_rax = call->nr;
	r.rdi = call->args[0];
	r.rsi = call->args[1];
	r.rdx = call->args[2];
	r.r10 = call->args[3];
	r.r8 = call->args[4];
	r.r9 = call->args[5];
	r.rax = call->ret;
	return regs_set(pid, &r);
}

static int info_get(pid_t pid, struct ptrace_syscall_info *info)
{
	memset(info, 0, sizeof(*info));
	return ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(*info), info) > 0 ?
	       0 : -1;
}

static int info_set(pid_t pid, struct ptrace_syscall_info *info)
{
	return ptrace(PTRACE_SET_SYSCALL_INFO, pid, sizeof(*info), info);
}

/* Change the number of a call at a stop before it. */
static int nr_set(pid_t pid, long nr)
{
	struct ptrace_syscall_info info;

	if (info_get(pid, &info))
		return -1;
	info.entry.nr = nr;
	return info_set(pid, &info);
}

/* Does @file hold @word? */
static bool file_has(const char *file, const char *word)
{
	char line[512];
	bool found = false;
	FILE *f = fopen(file, "re");

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, word);
	if (f)
		fclose(f);
	return found;
}

static bool is_uml(void)
{
	return file_has("/proc/cpuinfo", "User Mode Linux");
}

/* Where the first inject area of a process begins, or 0. */
static unsigned long area_start(pid_t pid)
{
	unsigned long start = 0;
	char path[32], line[512];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	while (f && !start && fgets(line, sizeof(line), f))
		if (strstr(line, "[seccomp_inject]"))
			start = strtoul(line, NULL, 16);
	if (f)
		fclose(f);
	return start;
}

/* Copy descriptor @fd of a process. */
static int fd_of(pid_t pid, int fd)
{
	int pidfd = syscall(__NR_pidfd_open, pid, 0);
	int copy = syscall(__NR_pidfd_getfd, pidfd, fd, 0);

	close(pidfd);
	return copy;
}

/**
 * struct scene - a target and all that a test needs to work on it
 * @t: the target
 * @s: what we share with it
 * @pipe: where substituted calls write to
 */
struct scene {
	struct target t;
	struct shared *s;
	int pipe[2];
};

static void scene_setup(struct __test_metadata *_metadata, struct scene *sc)
{
	sc->s = mmap(NULL, sizeof(*sc->s), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)sc->s);
	shared = sc->s;
	sc->s->enter = enter_syscall;
	sc->s->call.nr = __NR_getppid;
	memcpy(sc->s->call.args, original, sizeof(original));
	ASSERT_EQ(0, pipe2(sc->pipe, O_CLOEXEC));
	/* The target may exec, and write after that. */
	ASSERT_EQ(0, fcntl(sc->pipe[1], F_SETFD, 0));
	ASSERT_EQ(0, fcntl(sc->pipe[0], F_SETFL, O_NONBLOCK));
	sc->t.pid = -1;
}

static void scene_teardown(struct scene *sc)
{
	if (sc->t.pid > 0)
		kill(sc->t.pid, SIGKILL);
}

/* Have the target's own filter say @action for @nr. */
static void scene_filter(struct scene *sc, int nr, __u32 action)
{
	sc->s->nrs[sc->s->count++] = nr;
	sc->s->action = action;
}

/* Start the target, with @nr trapped; if it is traced, it stops. */
static void scene_start(struct __test_metadata *_metadata, struct scene *sc,
			int nr)
{
	struct target *t = &sc->t;

	ASSERT_EQ(0, target_start(t, &nr, !sc->s->by_size, INJECT_LISTENER,
				  target, sc->s));
	if (sc->s->by_size)
		close(t->listener);
	if (sc->s->traced) {
		ASSERT_EQ(SIGSTOP, next_stop(t->pid));
		ASSERT_EQ(0, ptrace(PTRACE_SETOPTIONS, t->pid, 0, OPTIONS));
	}
	if (sc->s->by_size) {
		t->listener = fd_of(t->pid, sc->s->listener);
		ASSERT_GE(t->listener, 0);
	}
}

/* As above, traced, and with the target's filter saying TRACE for write(). */
static void scene_start_traced(struct __test_metadata *_metadata,
			       struct scene *sc)
{
	sc->s->traced = true;
	scene_filter(sc, __NR_write, SECCOMP_RET_TRACE | TRACE_DATA);
	scene_start(_metadata, sc, __NR_getppid);
}

/* Make the task write PAYLOAD into the pipe; what notif_inject() returns. */
static int inject_write(struct scene *sc, int listener, __u64 id)
{
	char buf[PAYLOAD_AT + PAYLOAD_LEN] = "";
	struct seccomp_notif_inject inj = {
		.nr = __NR_write,
		.args = { sc->pipe[1], PAYLOAD_AT, PAYLOAD_LEN,
			  unused[0], unused[1], unused[2] },
		.buf = PTR(buf),
		.buf_size = sizeof(buf),
		.args_in_buf_mask = 1 << 1,
	};

	memcpy(buf + PAYLOAD_AT, PAYLOAD, PAYLOAD_LEN);
	return notif_inject(listener, id, &inj);
}

/* The next notification has to be about getppid() with @args. */
static __u64 recv_trapped(struct __test_metadata *_metadata, int listener,
			  const unsigned long *args)
{
	struct seccomp_notif notif;
	int i;

	ASSERT_EQ(0, notif_recv(listener, &notif));
	EXPECT_EQ(__NR_getppid, notif.data.nr);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(args[i], notif.data.args[i]);
	return notif.id;
}

/* Wait for the trapped call and substitute it. */
static void substitute(struct __test_metadata *_metadata, struct scene *sc)
{
	__u64 id = recv_trapped(_metadata, sc->t.listener, original);

	ASSERT_EQ(0, inject_write(sc, sc->t.listener, id));
}

/* What the target's registers hold while the substituted call runs. */
static void fill_substituted(struct scene *sc, unsigned long *args)
{
	args[0] = sc->pipe[1];
	args[1] = area_start(sc->t.pid) + PAYLOAD_AT;
	args[2] = PAYLOAD_LEN;
	memcpy(args + 3, unused, sizeof(unused));
}

static void expect_args(struct __test_metadata *_metadata,
			const unsigned long *args, const unsigned long *wanted)
{
	int i;

	for (i = 0; i < 6; i++)
		EXPECT_EQ(wanted[i], args[i]) TH_LOG("argument %d", i);
}

/* Stopped for @call of the target by SECCOMP_RET_TRACE. */
static void expect_trace_stop(struct __test_metadata *_metadata, pid_t pid,
			      long nr, const unsigned long *args)
{
	struct ptrace_syscall_info info;
	unsigned long data = 0, regs[6];
	struct call call;
	int i;

	ASSERT_EQ(EVENT(PTRACE_EVENT_SECCOMP), next_stop(pid));
	ASSERT_EQ(0, ptrace(PTRACE_GETEVENTMSG, pid, 0, &data));
	EXPECT_EQ(TRACE_DATA, data);
	ASSERT_EQ(0, info_get(pid, &info));
	EXPECT_EQ(PTRACE_SYSCALL_INFO_SECCOMP, info.op);
	EXPECT_EQ(nr, info.seccomp.nr);
	EXPECT_EQ(TRACE_DATA, info.seccomp.ret_data);
	for (i = 0; i < 6; i++)
		regs[i] = info.seccomp.args[i];
	expect_args(_metadata, regs, args);
	ASSERT_EQ(0, call_get(pid, &call));
	EXPECT_EQ(nr, call.nr);
	expect_args(_metadata, call.args, args);
}

/* Resume to the stop for the substituted call; fill @args with those it has. */
static void go_to_trace_stop(struct __test_metadata *_metadata,
			     struct scene *sc, unsigned long *args)
{
	ASSERT_EQ(0, ptrace(PTRACE_CONT, sc->t.pid, 0, 0));
	substitute(_metadata, sc);
	/* The area is there once the tracer is told. */
	ASSERT_EQ(0, waitid(P_PID, sc->t.pid, &(siginfo_t) {},
			    WSTOPPED | WNOWAIT));
	fill_substituted(sc, args);
	ASSERT_NE(PAYLOAD_AT, args[1]);
	expect_trace_stop(_metadata, sc->t.pid, __NR_write, args);
}

/* The substituted call has written @len bytes, once. */
static void expect_written(struct __test_metadata *_metadata, struct scene *sc,
			   int len)
{
	char buf[2 * PAYLOAD_LEN];

	EXPECT_EQ(len ?: -1, read(sc->pipe[0], buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, PAYLOAD, len));
}

/* The target has ended; what it found after its call was this. */
static void expect_result(struct __test_metadata *_metadata, struct scene *sc,
			  long ret, const unsigned long *args, int written)
{
	EXPECT_EQ(ret, sc->s->call.ret);
	expect_args(_metadata, sc->s->call.args, args);
	expect_written(_metadata, sc, written);
	sc->t.pid = -1;
}

/* Fill the pipe, so that the substituted call blocks. */
static void pipe_fill(struct __test_metadata *_metadata, struct scene *sc)
{
	char page[4096] = "";
	int i, size = fcntl(sc->pipe[1], F_SETPIPE_SZ, sizeof(page));

	ASSERT_GT(size, 0);
	for (i = 0; i < size; i += sizeof(page))
		ASSERT_EQ(sizeof(page), write(sc->pipe[1], page, sizeof(page)));
}

static void pipe_drain(struct scene *sc)
{
	char page[4096];

	while (read(sc->pipe[0], page, sizeof(page)) == sizeof(page))
		;
}

/* Wait until /proc/PID/syscall shows a task blocked in @wanted; fill @args. */
static void wait_blocked(pid_t pid, long wanted, unsigned long *args)
{
	char path[32];
	long nr = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	while (nr != wanted) {
		usleep(100);
		f = fopen(path, "re");
		if (!f)
			return;
		if (fscanf(f, "%ld %lx %lx %lx %lx %lx %lx", &nr, &args[0],
			   &args[1], &args[2], &args[3], &args[4],
			   &args[5]) != 7)
			nr = -1;
		fclose(f);
	}
}

FIXTURE(tracer)
{
	struct scene sc;
};

FIXTURE_SETUP(tracer)
{
	REQUIRE_INJECT();
	scene_setup(_metadata, &self->sc);
}

FIXTURE_TEARDOWN(tracer)
{
	scene_teardown(&self->sc);
}

FIXTURE(exit_stop)
{
	struct scene sc;
};

FIXTURE_VARIANT(exit_stop)
{
	bool by_info;
	long nr;
	unsigned long add_to_args;
	long ret;
};

FIXTURE_VARIANT_ADD(exit_stop, left_alone)
{
	.nr = __NR_getppid,
	.ret = PAYLOAD_LEN,
};

FIXTURE_VARIANT_ADD(exit_stop, result)
{
	.nr = __NR_getppid,
	.ret = SKIP_RESULT,
};

FIXTURE_VARIANT_ADD(exit_stop, arguments)
{
	.nr = __NR_getppid,
	.add_to_args = 1,
	.ret = PAYLOAD_LEN,
};

FIXTURE_VARIANT_ADD(exit_stop, number)
{
	.nr = __NR_getuid,
	.ret = PAYLOAD_LEN,
};

FIXTURE_VARIANT_ADD(exit_stop, result_by_info)
{
	.by_info = true,
	.nr = __NR_getppid,
	.ret = SKIP_RESULT,
};

FIXTURE_VARIANT_ADD(exit_stop, error_by_info)
{
	.by_info = true,
	.nr = __NR_getppid,
	.ret = -EXDEV,
};

FIXTURE_SETUP(exit_stop)
{
	REQUIRE_INJECT();
	scene_setup(_metadata, &self->sc);
}

FIXTURE_TEARDOWN(exit_stop)
{
	scene_teardown(&self->sc);
}

/* A tracer's exit stop shows the trapped call; what it writes there stays. */
TEST_F(exit_stop, stays)
{
	struct scene *sc = &self->sc;
	struct ptrace_syscall_info info;
	unsigned long wanted[6], ip;
	struct call call;
	pid_t pid;
	int i;

	sc->s->traced = true;
	scene_start(_metadata, sc, __NR_getppid);
	pid = sc->t.pid;

	/* The exit of the signal that stopped it, and its filter, come first. */
	do {
		ASSERT_EQ(SYSCALL_STOP, resume(pid, PTRACE_SYSCALL));
		ASSERT_EQ(0, info_get(pid, &info));
	} while (info.op != PTRACE_SYSCALL_INFO_ENTRY ||
		 info.entry.nr != __NR_getppid);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(original[i], info.entry.args[i]);
	ip = info.instruction_pointer;

	ASSERT_EQ(0, ptrace(PTRACE_SYSCALL, pid, 0, 0));
	substitute(_metadata, sc);
	ASSERT_EQ(SYSCALL_STOP, next_stop(pid));
	ASSERT_EQ(0, info_get(pid, &info));
	EXPECT_EQ(PTRACE_SYSCALL_INFO_EXIT, info.op);
	EXPECT_EQ(ip, info.instruction_pointer);
	EXPECT_EQ(PAYLOAD_LEN, info.exit.rval);
	EXPECT_EQ(0, info.exit.is_error);
	ASSERT_EQ(0, call_get(pid, &call));
	EXPECT_EQ(__NR_getppid, call.nr);
	EXPECT_EQ(PAYLOAD_LEN, call.ret);
	expect_args(_metadata, call.args, original);

	for (i = 0; i < 6; i++)
		wanted[i] = original[i] + variant->add_to_args;
	if (variant->by_info) {
		info.exit.rval = variant->ret;
		info.exit.is_error = variant->ret < 0;
		ASSERT_EQ(0, info_set(pid, &info));
	} else {
		call.nr = variant->nr;
		call.ret = variant->ret;
		memcpy(call.args, wanted, sizeof(wanted));
		ASSERT_EQ(0, call_set(pid, &call));
	}

	/* A signal is a stop in which to look again. */
	ASSERT_EQ(0, kill(pid, SIGUSR1));
	ASSERT_EQ(SIGUSR1, resume(pid, PTRACE_CONT));
	ASSERT_EQ(0, call_get(pid, &call));
	EXPECT_EQ(variant->nr, call.nr);
	EXPECT_EQ(variant->ret, call.ret);
	expect_args(_metadata, call.args, wanted);

	EXPECT_EQ(EXITED(0), resume(pid, PTRACE_CONT));
	expect_result(_metadata, sc, variant->ret, wanted, PAYLOAD_LEN);
}

/* /proc/PID/syscall shows the call that runs. */
TEST_F(tracer, proc_syscall)
{
	struct scene *sc = &self->sc;
	unsigned long args[6] = {}, wanted[6];

	pipe_fill(_metadata, sc);
	scene_start(_metadata, sc, __NR_getppid);
	substitute(_metadata, sc);
	wait_blocked(sc->t.pid, __NR_write, args);
	fill_substituted(sc, wanted);
	expect_args(_metadata, args, wanted);

	pipe_drain(sc);
	EXPECT_EQ(EXITED(0), next_stop(sc->t.pid));
	EXPECT_EQ(PAYLOAD_LEN, sc->s->call.ret);
	expect_args(_metadata, sc->s->call.args, original);
	sc->t.pid = -1;
}

/* A tracer that only looks: at what it can't get, too. */
TEST_F(tracer, trace_stop)
{
	struct scene *sc = &self->sc;
	char buf[PAYLOAD_LEN];
	struct iovec local = { buf, sizeof(buf) }, remote = local;
	unsigned long args[6];
	struct call call;
	pid_t pid;

	scene_start_traced(_metadata, sc);
	pid = sc->t.pid;
	go_to_trace_stop(_metadata, sc, args);

	errno = 0;
	EXPECT_EQ(-1, ptrace(PTRACE_PEEKDATA, pid, args[1], 0));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(-1, ptrace(PTRACE_POKEDATA, pid, args[1], 0));
	EXPECT_EQ(EIO, errno);
	remote.iov_base = (void *)args[1];
	EXPECT_EQ(-1, process_vm_readv(pid, &local, 1, &remote, 1, 0));
	EXPECT_EQ(EFAULT, errno);

	ASSERT_EQ(SYSCALL_STOP, resume(pid, PTRACE_SYSCALL));
	ASSERT_EQ(0, call_get(pid, &call));
	EXPECT_EQ(__NR_getppid, call.nr);
	EXPECT_EQ(PAYLOAD_LEN, call.ret);
	expect_args(_metadata, call.args, original);
	EXPECT_EQ(EXITED(0), resume(pid, PTRACE_CONT));
	expect_result(_metadata, sc, PAYLOAD_LEN, original, PAYLOAD_LEN);
}

/* Registers that are written back as they were read are no change. */
TEST_F(tracer, writes_back)
{
	struct scene *sc = &self->sc;
	struct user_regs_struct regs;
	unsigned long args[6];
	struct call call;
	pid_t pid;

	scene_start_traced(_metadata, sc);
	pid = sc->t.pid;
	go_to_trace_stop(_metadata, sc, args);
	ASSERT_EQ(0, regs_get(pid, &regs));
	ASSERT_EQ(0, regs_set(pid, &regs));
	ASSERT_EQ(SYSCALL_STOP, resume(pid, PTRACE_SYSCALL));
	ASSERT_EQ(0, call_get(pid, &call));
	EXPECT_EQ(__NR_getppid, call.nr);
	EXPECT_EQ(PAYLOAD_LEN, call.ret);
	expect_args(_metadata, call.args, original);
	EXPECT_EQ(EXITED(0), resume(pid, PTRACE_CONT));
	expect_result(_metadata, sc, PAYLOAD_LEN, original, PAYLOAD_LEN);
}

/* A call that had met a tracer before meets it again when it is substituted. */
TEST_F(tracer, trace_stop_twice)
{
	struct scene *sc = &self->sc;
	unsigned long args[6];
	struct call call;
	pid_t pid;

	sc->s->call.nr = __NR_getuid;
	scene_filter(sc, __NR_getuid, SECCOMP_RET_TRACE | TRACE_DATA);
	scene_start_traced(_metadata, sc);
	pid = sc->t.pid;
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	expect_trace_stop(_metadata, pid, __NR_getuid, original);
	ASSERT_EQ(0, nr_set(pid, __NR_getppid));
	go_to_trace_stop(_metadata, sc, args);

	ASSERT_EQ(SYSCALL_STOP, resume(pid, PTRACE_SYSCALL));
	ASSERT_EQ(0, call_get(pid, &call));
	EXPECT_EQ(PAYLOAD_LEN, call.ret);
	expect_args(_metadata, call.args, original);
	EXPECT_EQ(EXITED(0), resume(pid, PTRACE_CONT));
	expect_result(_metadata, sc, PAYLOAD_LEN, original, PAYLOAD_LEN);
}

/* The stop for another call, of @args, after one that was substituted. */
static void go_to_next_call(struct __test_metadata *_metadata, struct scene *sc,
			    const unsigned long *args)
{
	unsigned long first[6];

	sc->s->next.nr = __NR_getuid;
	memcpy(sc->s->next.args, args, sizeof(sc->s->next.args));
	scene_filter(sc, __NR_getuid, SECCOMP_RET_TRACE | TRACE_DATA);
	scene_start_traced(_metadata, sc);
	go_to_trace_stop(_metadata, sc, first);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, sc->t.pid, 0, 0));
	expect_trace_stop(_metadata, sc->t.pid, __NR_getuid, args);
	expect_written(_metadata, sc, PAYLOAD_LEN);
}

/* What a tracer makes of a later call has nothing to do with the earlier one. */
TEST_F(tracer, changes_later_call)
{
	struct scene *sc = &self->sc;
	__u64 id;

	go_to_next_call(_metadata, sc, original);
	ASSERT_EQ(0, nr_set(sc->t.pid, __NR_getppid));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, sc->t.pid, 0, 0));
	id = recv_trapped(_metadata, sc->t.listener, original);
	ASSERT_EQ(0, inject_write(sc, sc->t.listener, id));
	ASSERT_EQ(EVENT(PTRACE_EVENT_SECCOMP), next_stop(sc->t.pid));
	EXPECT_EQ(EXITED(0), resume(sc->t.pid, PTRACE_CONT));
	EXPECT_EQ(PAYLOAD_LEN, sc->s->next.ret);
	expect_args(_metadata, sc->s->next.args, original);
	expect_result(_metadata, sc, PAYLOAD_LEN, original, PAYLOAD_LEN);
}

TEST_F(tracer, skips_later_call)
{
	static const unsigned long zeros[6];
	struct scene *sc = &self->sc;
	struct call call;

	go_to_next_call(_metadata, sc, zeros);
	ASSERT_EQ(0, call_get(sc->t.pid, &call));
	call.nr = -1;
	call.ret = SKIP_RESULT;
	ASSERT_EQ(0, call_set(sc->t.pid, &call));
	EXPECT_EQ(EXITED(0), resume(sc->t.pid, PTRACE_CONT));
	EXPECT_EQ(SKIP_RESULT, sc->s->next.ret);
	expect_args(_metadata, sc->s->next.args, zeros);
	expect_result(_metadata, sc, PAYLOAD_LEN, original, 0);
}

FIXTURE(change)
{
	struct scene sc;
};

/*
 * What a tracer does at the stop: new number, one argument (-1: none), result;
 * which of the registers are the trapped call's again at the end.
 */
FIXTURE_VARIANT(change)
{
	long nr;
	int arg;
	unsigned long value;
	long result;
	int written;
	bool restored;
};

FIXTURE_VARIANT_ADD(change, argument)
{
	.nr = __NR_write,
	.arg = 2,
	.value = 3,
	.result = 3,
	.written = 3,
};

/* Not even one that the call doesn't look at. */
FIXTURE_VARIANT_ADD(change, unused_argument)
{
	.nr = __NR_write,
	.arg = 5,
	.value = 1,
	.result = PAYLOAD_LEN,
	.written = PAYLOAD_LEN,
};

FIXTURE_VARIANT_ADD(change, number)
{
	.nr = __NR_fsync,
	.arg = -1,
	.result = -EINVAL,
};

FIXTURE_VARIANT_ADD(change, skip)
{
	.nr = -1,
	.arg = -1,
	.result = SKIP_RESULT,
	.restored = true,
};

FIXTURE_VARIANT_ADD(change, skip_and_argument)
{
	.nr = -1,
	.arg = 3,
	.value = 1,
	.result = SKIP_RESULT,
	.restored = true,
};

FIXTURE_SETUP(change)
{
	REQUIRE_INJECT();
	scene_setup(_metadata, &self->sc);
}

FIXTURE_TEARDOWN(change)
{
	scene_teardown(&self->sc);
}

/* A call that a tracer changed is the tracer's. */
TEST_F(change, stays)
{
	struct scene *sc = &self->sc;
	unsigned long wanted[6];
	struct call call;
	pid_t pid;

	scene_start_traced(_metadata, sc);
	pid = sc->t.pid;
	go_to_trace_stop(_metadata, sc, wanted);
	ASSERT_EQ(0, call_get(pid, &call));
	call.nr = variant->nr;
	if (variant->arg >= 0)
		call.args[variant->arg] = variant->value;
	if (variant->nr < 0)
		call.ret = variant->result;
	ASSERT_EQ(0, call_set(pid, &call));

	if (variant->restored)
		memcpy(wanted, original, sizeof(original));
	if (variant->arg >= 0)
		wanted[variant->arg] = variant->value;

	ASSERT_EQ(SYSCALL_STOP, resume(pid, PTRACE_SYSCALL));
	ASSERT_EQ(0, call_get(pid, &call));
	EXPECT_EQ(variant->nr, call.nr);
	EXPECT_EQ(variant->result, call.ret);
	expect_args(_metadata, call.args, wanted);
	EXPECT_EQ(EXITED(0), resume(pid, PTRACE_CONT));
	expect_result(_metadata, sc, variant->result, wanted, variant->written);
}

FIXTURE(changed_back)
{
	struct scene sc;
};

/* What the tracer turns the substituted call into, and the listener's answer. */
FIXTURE_VARIANT(changed_back)
{
	bool by_size;
	long nr;
	unsigned long len;
	int error;
};

FIXTURE_VARIANT_ADD(changed_back, number_continue)
{
	.nr = __NR_getppid,
	.len = PAYLOAD_LEN,
};

FIXTURE_VARIANT_ADD(changed_back, number_errno)
{
	.nr = __NR_getppid,
	.len = PAYLOAD_LEN,
	.error = -EXDEV,
};

FIXTURE_VARIANT_ADD(changed_back, argument_continue)
{
	.by_size = true,
	.nr = __NR_write,
	.len = 3,
};

FIXTURE_VARIANT_ADD(changed_back, argument_errno)
{
	.by_size = true,
	.nr = __NR_write,
	.len = 3,
	.error = -EXDEV,
};

FIXTURE_SETUP(changed_back)
{
	REQUIRE_INJECT();
	scene_setup(_metadata, &self->sc);
}

FIXTURE_TEARDOWN(changed_back)
{
	scene_teardown(&self->sc);
}

/* The listener is asked about a tracer's call as about any, but for INJECTED. */
TEST_F(changed_back, asked_again)
{
	struct scene *sc = &self->sc;
	struct seccomp_notif notif;
	unsigned long wanted[6];
	struct call call;
	long ret;
	pid_t pid;
	int i;

	sc->s->by_size = variant->by_size;
	scene_start_traced(_metadata, sc);
	pid = sc->t.pid;
	go_to_trace_stop(_metadata, sc, wanted);
	wanted[2] = variant->len;
	ASSERT_EQ(0, call_get(pid, &call));
	call.nr = variant->nr;
	call.args[2] = variant->len;
	ASSERT_EQ(0, call_set(pid, &call));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));

	ASSERT_EQ(0, notif_recv(sc->t.listener, &notif));
	EXPECT_EQ(variant->nr, notif.data.nr);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(wanted[i], notif.data.args[i]);
	EXPECT_EQ(-1, inject_write(sc, sc->t.listener, notif.id));
	EXPECT_EQ(EBUSY, errno);
	ASSERT_EQ(0, notif_send(sc->t.listener, notif.id, variant->error, 0,
				variant->error ? 0 :
				SECCOMP_USER_NOTIF_FLAG_CONTINUE));

	EXPECT_EQ(EXITED(0), next_stop(pid));
	ret = variant->error ?:
	      variant->nr == __NR_write ? (long)variant->len : getpid();
	expect_result(_metadata, sc, ret, wanted,
		      ret == variant->len ? variant->len : 0);
}

/*
 * A tracer's call does not come back to a buffer that is wiped, or that is
 * another's by now; what it still points at is the tracer's affair.
 */
TEST_F(tracer, changed_call_does_not_restart)
{
	struct scene *sc = &self->sc;
	unsigned long wanted[6], args[6];
	struct call call;
	pid_t pid;

	pipe_fill(_metadata, sc);
	scene_start_traced(_metadata, sc);
	pid = sc->t.pid;
	go_to_trace_stop(_metadata, sc, wanted);
	ASSERT_EQ(0, call_get(pid, &call));
	call.args[2] = 3;
	wanted[2] = 3;
	ASSERT_EQ(0, call_set(pid, &call));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	wait_blocked(pid, __NR_write, args);
	ASSERT_EQ(0, kill(pid, SIGUSR1));
	ASSERT_EQ(SIGUSR1, next_stop(pid));
	pipe_drain(sc);
	ASSERT_EQ(0, call_get(pid, &call));
	EXPECT_EQ(__NR_write, call.nr);
	EXPECT_EQ(-EINTR, call.ret);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, SIGUSR1));
	EXPECT_EQ(EXITED(0), next_stop(pid));
	EXPECT_EQ(1, sc->s->signals);
	expect_result(_metadata, sc, -EINTR, wanted, 0);
}

/* Nor while its listener is asked. */
TEST_F(tracer, changed_call_does_not_trap_again)
{
	struct scene *sc = &self->sc;
	struct seccomp_notif notif;
	unsigned long wanted[6];
	pid_t pid;

	scene_start_traced(_metadata, sc);
	pid = sc->t.pid;
	go_to_trace_stop(_metadata, sc, wanted);
	ASSERT_EQ(0, nr_set(pid, __NR_getppid));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	ASSERT_EQ(0, notif_recv(sc->t.listener, &notif));
	EXPECT_EQ(wanted[1], notif.data.args[1]);
	ASSERT_EQ(0, kill(pid, SIGUSR1));
	ASSERT_EQ(SIGUSR1, next_stop(pid));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, SIGUSR1));
	EXPECT_EQ(EXITED(0), next_stop(pid));
	expect_result(_metadata, sc, -EINTR, wanted, 0);
}

/* An undo after this would wreck the registers that sigreturn brings back. */
TEST_F(tracer, changed_to_sigreturn)
{
	struct scene *sc = &self->sc;
	struct call sent = {
		.nr = __NR_tgkill,
		.args = { 0, 0, SIGUSR1, 4, 5, 6 },
	};
	struct user_regs_struct regs;
	unsigned long args[6];
	pid_t pid;

	sc->s->outer = sent;
	scene_start_traced(_metadata, sc);
	pid = sc->t.pid;
	ASSERT_EQ(SIGUSR1, resume(pid, PTRACE_CONT));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, SIGUSR1));
	substitute(_metadata, sc);
	ASSERT_EQ(EVENT(PTRACE_EVENT_SECCOMP), next_stop(pid));
	ASSERT_EQ(0, regs_get(pid, &regs));
	regs.rsp = sc->s->frame;
	regs.orig_rax = __NR_rt_sigreturn;
	ASSERT_EQ(0, regs_set(pid, &regs));

	EXPECT_EQ(EXITED(0), resume(pid, PTRACE_CONT));
	EXPECT_EQ(0, sc->s->outer.ret);
	memcpy(args, sent.args, sizeof(args));
	args[0] = pid;
	args[1] = pid;
	expect_args(_metadata, sc->s->outer.args, args);
	/* The handler's call never returned. */
	expect_result(_metadata, sc, 0, original, 0);
}

FIXTURE(changed_to_clone)
{
	struct scene sc;
};

FIXTURE_VARIANT(changed_to_clone)
{
	unsigned long flags;
};

FIXTURE_VARIANT_ADD(changed_to_clone, fork)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(changed_to_clone, vm)
{
	.flags = CLONE_VM | CLONE_FILES | CLONE_FS,
};

FIXTURE_VARIANT_ADD(changed_to_clone, thread)
{
	.flags = CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_SIGHAND |
		 CLONE_THREAD | CLONE_SYSVSEM,
};

FIXTURE_SETUP(changed_to_clone)
{
	REQUIRE_INJECT();
	scene_setup(_metadata, &self->sc);
}

FIXTURE_TEARDOWN(changed_to_clone)
{
	scene_teardown(&self->sc);
}

static char clone_stack[65536];

TEST_F(changed_to_clone, child_goes_on)
{
	struct scene *sc = &self->sc;
	char dir[] = "/tmp/inject_clone_child";
	struct seccomp_notif_inject inj = {
		.nr = __NR_mkdirat,
		.args = { AT_FDCWD, 0, 0700 },
		.buf = PTR(dir),
		.buf_size = sizeof(dir),
		.args_in_buf_mask = 1 << 1,
	};
	struct call call = { .nr = __NR_clone };
	unsigned long args[6];
	__u64 id;
	pid_t pid;

	sc->s->enter = enter_clone;
	sc->s->child = sc->s->call;
	scene_start_traced(_metadata, sc);
	pid = sc->t.pid;
	go_to_trace_stop(_metadata, sc, args);
	call.args[0] = variant->flags;
	if (variant->flags & CLONE_VM)
		call.args[1] = (unsigned long)clone_stack + sizeof(clone_stack);
	ASSERT_EQ(0, call_set(pid, &call));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));

	/* No tracer follows the child: it could make no write. */
	id = recv_trapped(_metadata, sc->t.listener, original);
	ASSERT_EQ(0, notif_inject(sc->t.listener, id, &inj));
	EXPECT_EQ(EXITED(0), next_stop(pid));
	EXPECT_EQ(0, rmdir(dir));
	EXPECT_EQ(0, sc->s->child.ret);
	expect_args(_metadata, sc->s->child.args, original);

	EXPECT_GT(sc->s->call.ret, 0);
	expect_result(_metadata, sc, sc->s->call.ret, call.args, 0);
}

static void *enter_in_thread(void *arg)
{
	struct shared *s = arg;

	enter_syscall(&s->call);
	return NULL;
}

/* One thread makes the call, then the other makes one. */
static int target_of_two(void *arg)
{
	struct shared *s = arg;
	pthread_t thread;

	if (filter_install(s->nrs, s->count, s->action, 0) ||
	    pthread_create(&thread, NULL, enter_in_thread, s) ||
	    pthread_join(thread, NULL))
		return 107;
	enter_syscall(&s->next);
	return inject_mappings(getpid()) == 1 ? 0 : 108;
}

/* Trace the first thread, have it make a write. Returns which one it is. */
static pid_t write_in_thread(struct __test_metadata *_metadata,
			     struct scene *sc, __u32 action, long options)
{
	const int nr = __NR_getppid;
	struct seccomp_notif notif;

	scene_filter(sc, __NR_write, action);
	sc->s->next = sc->s->call;
	ASSERT_EQ(0, target_start(&sc->t, &nr, 1, INJECT_LISTENER, target_of_two,
				  sc->s));
	ASSERT_EQ(0, notif_recv(sc->t.listener, &notif));
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, notif.pid, 0, options));
	ASSERT_EQ(0, inject_write(sc, sc->t.listener, notif.id));
	return notif.pid;
}

/* That one has ended: its area is free for the other. */
static void expect_same_area(struct __test_metadata *_metadata, struct scene *sc)
{
	static const char root[] = "/";
	struct seccomp_notif_inject inj = {
		.nr = __NR_chdir,
		.buf = PTR(root),
		.buf_size = sizeof(root),
		.args_in_buf_mask = 1 << 0,
	};
	struct seccomp_notif notif;

	ASSERT_EQ(0, notif_recv(sc->t.listener, &notif));
	EXPECT_EQ(1, inject_mappings(sc->t.pid));
	ASSERT_EQ(0, notif_inject(sc->t.listener, notif.id, &inj));
	EXPECT_EQ(EXITED(0), next_stop(sc->t.pid));
	EXPECT_EQ(0, sc->s->next.ret);
	expect_written(_metadata, sc, 0);
	sc->t.pid = -1;
}

/* No exit work of the call runs. */
TEST_F(tracer, changed_to_exit)
{
	struct scene *sc = &self->sc;
	struct call call;
	pid_t tid;

	tid = write_in_thread(_metadata, sc, SECCOMP_RET_TRACE,
			      PTRACE_O_TRACESECCOMP);
	ASSERT_EQ(EVENT(PTRACE_EVENT_SECCOMP), next_stop(tid));
	ASSERT_EQ(0, call_get(tid, &call));
	call.nr = __NR_exit;
	call.args[0] = 0;
	ASSERT_EQ(0, call_set(tid, &call));
	EXPECT_EQ(EXITED(0), resume(tid, PTRACE_CONT));
	expect_same_area(_metadata, sc);
}

/* Nor where a filter kills one thread of several. */
TEST_F(tracer, sees_thread_killed_by_filter)
{
	struct scene *sc = &self->sc;
	struct call call;
	pid_t tid;

	tid = write_in_thread(_metadata, sc, SECCOMP_RET_KILL_THREAD,
			      PTRACE_O_TRACEEXIT);
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), next_stop(tid));
	ASSERT_EQ(0, call_get(tid, &call));
	EXPECT_EQ(__NR_getppid, call.nr);
	expect_args(_metadata, call.args, original);
	EXPECT_EQ(KILLED(SIGSYS), resume(tid, PTRACE_CONT));
	expect_same_area(_metadata, sc);
}

/* Stopped in exec: let it return, and the new program be substituted a call. */
static void expect_exec(struct __test_metadata *_metadata, struct scene *sc)
{
	static const unsigned long zeros[6];
	pid_t pid = sc->t.pid;
	struct call call;

	ASSERT_EQ(EVENT(PTRACE_EVENT_EXEC), next_stop(pid));
	ASSERT_EQ(SYSCALL_STOP, resume(pid, PTRACE_SYSCALL));
	ASSERT_EQ(0, call_get(pid, &call));
	EXPECT_EQ(0, call.ret);
	expect_args(_metadata, call.args, zeros);
	EXPECT_EQ(0, inject_mappings(pid));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	substitute(_metadata, sc);
}

TEST_F(tracer, changed_to_execve)
{
	static const char path[] = "/proc/self/exe";
	static const char *const argv[] = { "execed", NULL };
	struct scene *sc = &self->sc;
	struct call call = {
		.nr = __NR_execve,
		.args = { PTR(path), PTR(argv), 0, 4, 5, 6 },
	};
	unsigned long args[6];
	pid_t pid;

	scene_start_traced(_metadata, sc);
	pid = sc->t.pid;
	go_to_trace_stop(_metadata, sc, args);
	ASSERT_EQ(0, call_set(pid, &call));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	expect_exec(_metadata, sc);
	ASSERT_EQ(EVENT(PTRACE_EVENT_SECCOMP), next_stop(pid));
	EXPECT_EQ(EXITED(0), resume(pid, PTRACE_CONT));
	/* The target itself never got its call back. */
	expect_result(_metadata, sc, 0, original, PAYLOAD_LEN);
}

TEST_F(tracer, follows_injected_execve)
{
	struct {
		__u64 argv[2];
		char path[16];
		char name[8];
	} buf = {
		.path = "/proc/self/exe",
		.name = "execed",
	};
	struct seccomp_notif_inject inj = {
		.nr = __NR_execve,
		.args = { offsetof(typeof(buf), path) },
		.buf = PTR(&buf),
		.buf_size = sizeof(buf),
		.args_in_buf_mask = 3,
	};
	struct scene *sc = &self->sc;
	__u64 id;

	buf.argv[0] = offsetof(typeof(buf), name);
	sc->s->traced = true;
	scene_start(_metadata, sc, __NR_getppid);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, sc->t.pid, 0, 0));
	id = recv_trapped(_metadata, sc->t.listener, original);
	ASSERT_EQ(0, notif_inject(sc->t.listener, id, &inj));
	expect_exec(_metadata, sc);
	EXPECT_EQ(EXITED(0), next_stop(sc->t.pid));
	expect_result(_metadata, sc, 0, original, PAYLOAD_LEN);
}

TEST_F(tracer, detaches)
{
	struct scene *sc = &self->sc;
	unsigned long args[6];

	scene_start_traced(_metadata, sc);
	go_to_trace_stop(_metadata, sc, args);
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, sc->t.pid, 0, 0));
	EXPECT_EQ(EXITED(0), next_stop(sc->t.pid));
	expect_result(_metadata, sc, PAYLOAD_LEN, original, PAYLOAD_LEN);
}

TEST_F(tracer, dies)
{
	struct scene *sc = &self->sc;
	struct pollfd pfd;
	int ready[2];
	char byte;
	pid_t pid;

	scene_filter(sc, __NR_write, SECCOMP_RET_TRACE | TRACE_DATA);
	scene_start(_metadata, sc, __NR_getppid);
	pfd = (struct pollfd) { .fd = sc->t.listener, .events = POLLIN };
	ASSERT_EQ(1, poll(&pfd, 1, -1));
	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		if (ptrace(PTRACE_SEIZE, sc->t.pid, 0, PTRACE_O_TRACESECCOMP))
			_exit(1);
		if (write(ready[1], "s", 1) != 1 || next_stop(sc->t.pid) !=
		    EVENT(PTRACE_EVENT_SECCOMP))
			_exit(2);
		if (write(ready[1], "t", 1) == 1)
			pause();
		_exit(3);
	}
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	substitute(_metadata, sc);
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	expect_written(_metadata, sc, 0);
	ASSERT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(KILLED(SIGKILL), next_stop(pid));
	EXPECT_EQ(EXITED(0), next_stop(sc->t.pid));
	expect_result(_metadata, sc, PAYLOAD_LEN, original, PAYLOAD_LEN);
}

TEST_F(tracer, kills)
{
	struct scene *sc = &self->sc;
	unsigned long args[6];

	scene_start_traced(_metadata, sc);
	go_to_trace_stop(_metadata, sc, args);
	ASSERT_EQ(0, kill(sc->t.pid, SIGKILL));
	EXPECT_EQ(KILLED(SIGKILL), next_stop(sc->t.pid));
	expect_result(_metadata, sc, 0, original, 0);
}

/* A tracer's last look at a task that was killed in a substituted call. */
TEST_F(tracer, sees_exit)
{
	struct scene *sc = &self->sc;
	unsigned long args[6];
	struct call call;
	pid_t pid;

	pipe_fill(_metadata, sc);
	sc->s->traced = true;
	scene_start(_metadata, sc, __NR_getppid);
	pid = sc->t.pid;
	ASSERT_EQ(0, ptrace(PTRACE_SETOPTIONS, pid, 0,
			    OPTIONS | PTRACE_O_TRACEEXIT));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	substitute(_metadata, sc);
	wait_blocked(pid, __NR_write, args);
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(EVENT(PTRACE_EVENT_EXIT), next_stop(pid));
	ASSERT_EQ(0, call_get(pid, &call));
	EXPECT_EQ(__NR_getppid, call.nr);
	expect_args(_metadata, call.args, original);
	EXPECT_EQ(KILLED(SIGKILL), resume(pid, PTRACE_CONT));
	sc->t.pid = -1;
}

TEST_F(tracer, steps)
{
	struct scene *sc = &self->sc;
	struct user_regs_struct before, after;
	siginfo_t info;
	struct call call;
	pid_t pid;

	if (is_uml())
		SKIP(return, "UML's single step is the host's");

	sc->s->enter = enter_after_trap;
	sc->s->traced = true;
	scene_start(_metadata, sc, __NR_getppid);
	pid = sc->t.pid;
	ASSERT_EQ(SIGTRAP, resume(pid, PTRACE_CONT));
	ASSERT_EQ(0, regs_get(pid, &before));
	ASSERT_EQ(0, ptrace(PTRACE_SINGLESTEP, pid, 0, 0));
	substitute(_metadata, sc);
	ASSERT_EQ(SIGTRAP, next_stop(pid));
	ASSERT_EQ(0, regs_get(pid, &after));
	EXPECT_EQ(before.rip + 2, after.rip);
	ASSERT_EQ(0, ptrace(PTRACE_GETSIGINFO, pid, 0, &info));
	EXPECT_EQ(SIGTRAP, info.si_signo);
	ASSERT_EQ(0, call_get(pid, &call));
	EXPECT_EQ(__NR_getppid, call.nr);
	EXPECT_EQ(PAYLOAD_LEN, call.ret);
	expect_args(_metadata, call.args, original);

	/* The next one is the next instruction's. */
	ASSERT_EQ(SIGTRAP, resume(pid, PTRACE_SINGLESTEP));
	ASSERT_EQ(0, regs_get(pid, &after));
	EXPECT_EQ(before.rip + 3, after.rip);
	EXPECT_EQ(EXITED(0), resume(pid, PTRACE_CONT));
	expect_result(_metadata, sc, PAYLOAD_LEN, original, PAYLOAD_LEN);
}

/* An emulated call never traps; one that is under way is not affected. */
TEST_F(tracer, emulates)
{
	struct scene *sc = &self->sc;
	struct pollfd pfd = { .events = POLLIN };
	unsigned long args[6];
	struct call call;
	pid_t pid;

	sc->s->enter = enter_after_trap;
	scene_start_traced(_metadata, sc);
	pid = sc->t.pid;
	ASSERT_EQ(SIGTRAP, resume(pid, PTRACE_CONT));
	if (ptrace(PTRACE_SYSEMU, pid, 0, 0)) {
		EXPECT_EQ(EIO, errno);
		SKIP(return, "no PTRACE_SYSEMU");
	}
	ASSERT_EQ(SYSCALL_STOP, next_stop(pid));
	ASSERT_EQ(0, call_get(pid, &call));
	EXPECT_EQ(__NR_getppid, call.nr);
	expect_args(_metadata, call.args, original);
	pfd.fd = sc->t.listener;
	EXPECT_EQ(0, poll(&pfd, 1, 0));

	/* Have the call made after all: back to its instruction. */
	call.ret = call.nr;
	call.nr = -1;
	ASSERT_EQ(0, call_set(pid, &call));
	ASSERT_EQ(0, ptrace(PTRACE_POKEUSER, pid,
			    offsetof(struct user_regs_struct, rip),
			    ptrace(PTRACE_PEEKUSER, pid,
				   offsetof(struct user_regs_struct, rip),
				   0) - 2));
	go_to_trace_stop(_metadata, sc, args);

	/* Its exit, and then the next call's entry, which is _exit()'s. */
	ASSERT_EQ(SYSCALL_STOP, resume(pid, PTRACE_SYSEMU));
	ASSERT_EQ(0, call_get(pid, &call));
	EXPECT_EQ(__NR_exit_group, call.nr);
	ASSERT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(KILLED(SIGKILL), next_stop(pid));
	expect_result(_metadata, sc, PAYLOAD_LEN, original, PAYLOAD_LEN);
}

/* Filters that are suspended while the call waits still see what replaces it. */
TEST_F(tracer, suspends_seccomp)
{
	struct scene *sc = &self->sc;
	__u64 id;
	pid_t pid;

	sc->s->next.nr = __NR_getppid;
	scene_filter(sc, __NR_write, SECCOMP_RET_ERRNO | EXDEV);
	scene_start(_metadata, sc, __NR_getppid);
	pid = sc->t.pid;
	id = recv_trapped(_metadata, sc->t.listener, original);
	if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_SUSPEND_SECCOMP))
		SKIP(return, "may not suspend seccomp: %s", strerror(errno));
	ASSERT_EQ(0, inject_write(sc, sc->t.listener, id));
	EXPECT_EQ(EXITED(0), next_stop(pid));
	/* They are suspended indeed: this one did not trap. */
	EXPECT_EQ(getpid(), sc->s->next.ret);
	expect_result(_metadata, sc, -EXDEV, original, 0);
}

/* A restart is that of the trapped call; its tracer sees no other. */
TEST_F(tracer, sees_restart)
{
	struct scene *sc = &self->sc;
	unsigned long args[6];
	struct call call;
	__u64 id;
	pid_t pid;

	pipe_fill(_metadata, sc);
	sc->s->traced = true;
	scene_start(_metadata, sc, __NR_getppid);
	pid = sc->t.pid;
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	substitute(_metadata, sc);
	wait_blocked(pid, __NR_write, args);
	ASSERT_EQ(0, kill(pid, SIGUSR1));
	ASSERT_EQ(SIGUSR1, next_stop(pid));
	ASSERT_EQ(0, call_get(pid, &call));
	EXPECT_EQ(__NR_getppid, call.nr);
	EXPECT_EQ(-ERESTARTSYS, call.ret);
	expect_args(_metadata, call.args, original);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, SIGUSR1));

	id = recv_trapped(_metadata, sc->t.listener, original);
	EXPECT_EQ(1, sc->s->signals);
	EXPECT_EQ(__NR_getppid, sc->s->seen.ret);
	expect_args(_metadata, sc->s->seen.args, original);
	pipe_drain(sc);
	ASSERT_EQ(0, inject_write(sc, sc->t.listener, id));
	EXPECT_EQ(EXITED(0), next_stop(pid));
	expect_result(_metadata, sc, PAYLOAD_LEN, original, PAYLOAD_LEN);
}

FIXTURE(odd)
{
	struct scene sc;
};

/**
 * What is called how, what the tracer makes of it at the entry stop (0: there
 * is no tracer), for which number the filter asks; whether it comes to that.
 */
FIXTURE_VARIANT(odd)
{
	void (*enter)(struct call *call);
	long nr;
	long tracer_nr;
	int filter_nr;
	bool not_asked;
};

FIXTURE_VARIANT_ADD(odd, minus_one)
{
	.enter = enter_syscall,
	.nr = -1,
	.filter_nr = -1,
};

FIXTURE_VARIANT_ADD(odd, beyond_table)
{
	.enter = enter_syscall,
	.nr = BEYOND_TABLE,
	.filter_nr = BEYOND_TABLE,
};

FIXTURE_VARIANT_ADD(odd, tracer_minus_one)
{
	.enter = enter_syscall,
	.nr = __NR_getppid,
	.tracer_nr = -1,
	.filter_nr = -1,
};

FIXTURE_VARIANT_ADD(odd, tracer_beyond_table)
{
	.enter = enter_syscall,
	.nr = __NR_getppid,
	.tracer_nr = BEYOND_TABLE,
	.filter_nr = BEYOND_TABLE,
};

FIXTURE_VARIANT_ADD(odd, tracer_skips)
{
	.enter = enter_syscall,
	.nr = __NR_getppid,
	.tracer_nr = -1,
	.filter_nr = __NR_getppid,
	.not_asked = true,
};

FIXTURE_VARIANT_ADD(odd, x32)
{
	.enter = enter_syscall,
	.nr = __X32_SYSCALL_BIT | __NR_getppid,
	.filter_nr = __X32_SYSCALL_BIT | __NR_getppid,
};

FIXTURE_VARIANT_ADD(odd, int80)
{
	.enter = enter_int80,
	.nr = I386_GETPID,
	.filter_nr = I386_GETPID,
};

FIXTURE_VARIANT_ADD(odd, vsyscall)
{
	.enter = enter_vsyscall,
	.nr = __NR_time,
	.filter_nr = __NR_time,
};

static bool has_int80(void)
{
	int status;
	pid_t pid;

	if (is_uml())
		return false;
	pid = fork();
	if (!pid) {
		struct call call = { .nr = I386_GETPID };

		enter_int80(&call);
		_exit(call.ret != getpid());
	}
	return waitpid(pid, &status, 0) == pid && !status;
}

FIXTURE_SETUP(odd)
{
	REQUIRE_INJECT();
	if (variant->enter == enter_int80 && !has_int80())
		SKIP(return, "no 32-bit system calls");
	if (variant->enter == enter_vsyscall &&
	    !file_has("/proc/self/maps", "[vsyscall]"))
		SKIP(return, "no vsyscall page");
	scene_setup(_metadata, &self->sc);
}

FIXTURE_TEARDOWN(odd)
{
	scene_teardown(&self->sc);
}

/* What can't be redirected says so, and can be answered otherwise. */
TEST_F(odd, refused)
{
	struct scene *sc = &self->sc;
	struct ptrace_syscall_info info;
	struct seccomp_notif notif;
	pid_t pid;
	int i;

	sc->s->enter = variant->enter;
	sc->s->call.nr = variant->nr;
	sc->s->traced = variant->tracer_nr;
	scene_start(_metadata, sc, variant->filter_nr);
	pid = sc->t.pid;
	if (variant->tracer_nr) {
		do {
			ASSERT_EQ(SYSCALL_STOP, resume(pid, PTRACE_SYSCALL));
			ASSERT_EQ(0, info_get(pid, &info));
		} while (info.op != PTRACE_SYSCALL_INFO_ENTRY ||
			 info.entry.nr != __NR_getppid);
		ASSERT_EQ(0, nr_set(pid, variant->tracer_nr));
		ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	}
	if (variant->not_asked) {
		EXPECT_EQ(EXITED(0), next_stop(pid));
		EXPECT_EQ(-1, notif_recv(sc->t.listener, &notif));
		EXPECT_EQ(ENOENT, errno);
		expect_result(_metadata, sc, -ENOSYS, original, 0);
		return;
	}

	ASSERT_EQ(0, notif_recv(sc->t.listener, &notif));
	EXPECT_EQ(variant->filter_nr, notif.data.nr);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(-1, inject_write(sc, sc->t.listener, notif.id));
		EXPECT_EQ(EOPNOTSUPP, errno);
	}
	ASSERT_EQ(0, notif_send(sc->t.listener, notif.id, 0, REPLY_RESULT, 0));
	EXPECT_EQ(EXITED(0), next_stop(pid));
	expect_result(_metadata, sc, REPLY_RESULT, original, 0);
}

/* How often the scheduler took the CPU from a task, or it gave it away. */
static long switches(pid_t pid)
{
	char path[64], line[256];
	long n, sum = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "voluntary_ctxt_switches: %ld", &n) == 1 ||
		    sscanf(line, "nonvoluntary_ctxt_switches: %ld", &n) == 1)
			sum += n;
	if (f)
		fclose(f);
	return sum;
}

static void futex_wait(int *word)
{
	while (!*word)
		syscall(__NR_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static void futex_wake(int *word)
{
	*word = 1;
	syscall(__NR_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* A thread of the target that gives it another filter while it waits. */
static void *sibling(void *arg)
{
	const int nrs[] = { __NR_write, __NR_getppid };
	struct shared *s = arg;

	futex_wait(&s->go);
	s->listener = filter_install(nrs, 2, s->later_action, s->later_flags);
	futex_wake(&s->ready);
	futex_wait(&s->taken);
	close(s->listener);
	pause();
	return NULL;
}

/* The sibling runs as eagerly as we do, the task that makes the call does not. */
static int target_with_sibling(void *arg)
{
	struct sched_param param = {};
	struct shared *s = arg;
	pthread_t thread;
	int ret;

	if (pthread_create(&thread, NULL, sibling, s) ||
	    sched_setscheduler(0, SCHED_OTHER, &param))
		return 105;
	ret = target(s);
	/* Where the call was over too early: the sibling would end with us. */
	futex_wait(&s->ready);
	return ret;
}

FIXTURE(later_filter)
{
	struct scene sc;
};

enum later_answer {
	NO_ANSWER,
	ANSWER_CONTINUE,
	ANSWER_ERRNO,
	ANSWER_CLOSE,
	ANSWER_SIGNAL,
};

/* What the later filter says, how it is answered, what comes of it. */
FIXTURE_VARIANT(later_filter)
{
	__u32 action;
	bool listener;
	enum later_answer answer;
	long ret;
	int written;
	bool trapped;
};

FIXTURE_VARIANT_ADD(later_filter, continue)
{
	.action = SECCOMP_RET_USER_NOTIF,
	.listener = true,
	.answer = ANSWER_CONTINUE,
	.ret = PAYLOAD_LEN,
	.written = PAYLOAD_LEN,
};

FIXTURE_VARIANT_ADD(later_filter, errno)
{
	.action = SECCOMP_RET_USER_NOTIF,
	.listener = true,
	.answer = ANSWER_ERRNO,
	.ret = -EXDEV,
};

FIXTURE_VARIANT_ADD(later_filter, close)
{
	.action = SECCOMP_RET_USER_NOTIF,
	.listener = true,
	.answer = ANSWER_CLOSE,
	.ret = -ENOSYS,
};

FIXTURE_VARIANT_ADD(later_filter, signal)
{
	.action = SECCOMP_RET_USER_NOTIF,
	.listener = true,
	.answer = ANSWER_SIGNAL,
	.ret = PAYLOAD_LEN,
	.written = PAYLOAD_LEN,
};

FIXTURE_VARIANT_ADD(later_filter, no_listener)
{
	.action = SECCOMP_RET_USER_NOTIF,
	.ret = -ENOSYS,
};

FIXTURE_VARIANT_ADD(later_filter, no_tracer)
{
	.action = SECCOMP_RET_TRACE,
	.ret = -ENOSYS,
};

FIXTURE_VARIANT_ADD(later_filter, error)
{
	.action = SECCOMP_RET_ERRNO | EXDEV,
	.ret = -EXDEV,
};

FIXTURE_VARIANT_ADD(later_filter, trap)
{
	.action = SECCOMP_RET_TRAP,
	.trapped = true,
};

FIXTURE_SETUP(later_filter)
{
	REQUIRE_INJECT();
	scene_setup(_metadata, &self->sc);
	self->sc.s->later_action = variant->action;
	self->sc.s->later_flags = SECCOMP_FILTER_FLAG_TSYNC |
				  SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
	if (variant->listener)
		self->sc.s->later_flags |= INJECT_LISTENER;
}

FIXTURE_TEARDOWN(later_filter)
{
	scene_teardown(&self->sc);
}

/*
 * Answer with a substituted call, close the listener, and have the sibling
 * install its filter before the target runs again. Returns false when the
 * target has run.
 */
static bool install_later(struct __test_metadata *_metadata, struct scene *sc)
{
	const int nr = __NR_getppid;
	struct target *t = &sc->t;
	long before;
	__u64 id;

	sc->s->go = 0;
	sc->s->ready = 0;
	sc->s->signals = 0;
	memcpy(sc->s->call.args, original, sizeof(original));
	ASSERT_EQ(0, target_start(t, &nr, 1, INJECT_LISTENER,
				  target_with_sibling, sc->s));
	id = recv_trapped(_metadata, t->listener, original);
	before = switches(t->pid);
	ASSERT_EQ(0, inject_write(sc, t->listener, id));
	close(t->listener);
	futex_wake(&sc->s->go);
	futex_wait(&sc->s->ready);
	if (switches(t->pid) == before)
		return true;
	kill(t->pid, SIGKILL);
	next_stop(t->pid);
	pipe_drain(sc);
	return false;
}

/* The later filter's listener is asked about the substituted call. */
static void answer_later(struct __test_metadata *_metadata, struct scene *sc,
			 enum later_answer answer)
{
	int listener = fd_of(sc->t.pid, sc->s->listener);
	struct seccomp_notif notif;
	unsigned long wanted[6];
	int i;

	ASSERT_GE(listener, 0);
	futex_wake(&sc->s->taken);
	ASSERT_EQ(0, notif_recv(listener, &notif));
	fill_substituted(sc, wanted);
	EXPECT_EQ(__NR_write, notif.data.nr);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(wanted[i], notif.data.args[i]);
	EXPECT_EQ(-1, inject_write(sc, listener, notif.id));
	EXPECT_EQ(EBUSY, errno);
	expect_written(_metadata, sc, 0);

	switch (answer) {
	case ANSWER_CONTINUE:
		EXPECT_EQ(0, notif_continue(listener, notif.id));
		break;
	case ANSWER_ERRNO:
		EXPECT_EQ(0, notif_send(listener, notif.id, -EXDEV, 0, 0));
		break;
	case ANSWER_SIGNAL:
		ASSERT_EQ(0, syscall(__NR_tgkill, sc->t.pid, sc->t.pid,
				     SIGUSR1));
		notif.id = recv_trapped(_metadata, listener, original);
		EXPECT_EQ(0, inject_write(sc, listener, notif.id));
		break;
	default:
		break;
	}
	close(listener);
}

TEST_F(later_filter, rules)
{
	struct scene *sc = &self->sc;
	int tries = 20;

	if (target_hold(0))
		SKIP(return, "no SCHED_FIFO: %s", strerror(errno));
	while (!install_later(_metadata, sc))
		if (!--tries)
			SKIP(return, "the target was faster every time");
	ASSERT_GE(sc->s->listener, 0);
	if (variant->listener)
		answer_later(_metadata, sc, variant->answer);

	EXPECT_EQ(EXITED(0), next_stop(sc->t.pid));
	EXPECT_EQ(variant->answer == ANSWER_SIGNAL || variant->trapped,
		  sc->s->signals);
	if (sc->s->signals)
		expect_args(_metadata, sc->s->seen.args, original);
	if (variant->trapped) {
		EXPECT_EQ(__NR_getppid, sc->s->info_nr);
		/* UML leaves the result's register as it is. */
		EXPECT_EQ(is_uml() ? -ENOSYS : __NR_getppid, sc->s->seen.ret);
	}
	expect_result(_metadata, sc,
		      variant->trapped ? sc->s->seen.ret : variant->ret,
		      original, variant->written);
}

#define ROUNDS 200

/**
 * struct receiver - a thread that receives a notification
 * @listener: from this listener
 * @notif: into this memory
 * @tid: its id
 * @ret: what the ioctl returned
 * @error: errno after it
 */
struct receiver {
	int listener;
	struct seccomp_notif *notif;
	pid_t tid;
	int ret;
	int error;
};

static void *receive(void *arg)
{
	struct receiver *r = arg;

	r->tid = syscall(__NR_gettid);
	r->ret = ioctl(r->listener, SECCOMP_IOCTL_NOTIF_RECV, r->notif);
	r->error = errno;
	return NULL;
}

/* Make the call again and again, each time when told to, and say so. */
static int target_often(void *arg)
{
	struct scene *sc = arg;
	struct shared *s = sc->s;
	int i;

	for (i = 0; i <= ROUNDS; i++) {
		futex_wait(&s->go);
		s->go = 0;
		enter_syscall(&s->call);
		if (s->call.ret != PAYLOAD_LEN ||
		    memcmp(s->call.args, original, sizeof(original)) ||
		    write(s->report[1], "r", 1) != 1)
			return 106;
	}
	return 0;
}

/* Map a page at @page on which a first touch waits for what @uffd says. */
static int map_missing(int uffd, char *page, size_t size)
{
	struct uffdio_register reg = {
		.range = { .start = PTR(page), .len = size },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	if (mmap(page, size, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE |
		 MAP_ANONYMOUS, -1, 0) != page)
		return -1;
	/* So far it is there, and zero: RECV looks at it first. */
	memset(page, 0, size);
	return ioctl(uffd, UFFDIO_REGISTER, &reg);
}

/*
 * One notification whose RECV faults after it was answered: it has to stay
 * answered.
 */
static void answer_before_fault(struct __test_metadata *_metadata,
				struct scene *sc, int uffd, char *page,
				__u64 id)
{
	const size_t size = getpagesize();
	struct uffdio_range range = { .start = PTR(page), .len = size };
	struct receiver r = {
		.listener = sc->t.listener,
		.notif = (void *)(page - sizeof(struct seccomp_notif) / 2),
	};
	struct pollfd pfds[] = {
		{ .fd = sc->t.listener, .events = POLLIN },
		{ .fd = sc->s->report[0], .events = POLLIN },
	};
	unsigned long args[6];
	struct uffd_msg msg;
	pthread_t thread;
	char byte;

	ASSERT_EQ(0, map_missing(uffd, page, size));
	memset(r.notif, 0, sizeof(*r.notif) / 2);
	ASSERT_EQ(0, pthread_create(&thread, NULL, receive, &r));
	while (!r.tid)
		usleep(100);
	wait_blocked(r.tid, __NR_ioctl, args);
	ASSERT_EQ(0, madvise(page, size, MADV_DONTNEED));
	futex_wake(&sc->s->go);
	ASSERT_EQ(sizeof(msg), read(uffd, &msg, sizeof(msg)));
	ASSERT_EQ(0, inject_write(sc, sc->t.listener, id));
	ASSERT_EQ(0, munmap(page, size));
	ASSERT_EQ(0, ioctl(uffd, UFFDIO_WAKE, &range));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(-1, r.ret);
	EXPECT_EQ(EFAULT, r.error);

	ASSERT_GE(poll(pfds, 2, -1), 1);
	ASSERT_EQ(0, pfds[0].revents) TH_LOG("notification was reopened");
	ASSERT_EQ(1, read(sc->s->report[0], &byte, 1));
	EXPECT_EQ(-1, inject_write(sc, sc->t.listener, id));
	EXPECT_EQ(ENOENT, errno);
	expect_written(_metadata, sc, PAYLOAD_LEN);
}

TEST_F(tracer, answered_before_recv_faults)
{
	struct scene *sc = &self->sc;
	struct uffdio_api api = { .api = UFFD_API };
	const size_t size = getpagesize();
	const int nr = __NR_getppid;
	char *pages, byte;
	int uffd, i;
	__u64 id;

	uffd = syscall(__NR_userfaultfd, O_CLOEXEC);
	if (uffd < 0)
		SKIP(return, "no userfaultfd: %s", strerror(errno));
	ASSERT_EQ(0, ioctl(uffd, UFFDIO_API, &api));
	pages = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, pages);
	ASSERT_EQ(0, pipe(sc->s->report));
	ASSERT_EQ(0, target_start(&sc->t, &nr, 1, INJECT_LISTENER,
				  target_often, sc));
	if (target_hold(sc->t.pid))
		SKIP(return, "no SCHED_FIFO: %s", strerror(errno));

	/* Ids are consecutive. */
	futex_wake(&sc->s->go);
	id = recv_trapped(_metadata, sc->t.listener, original);
	ASSERT_EQ(0, inject_write(sc, sc->t.listener, id));
	ASSERT_EQ(1, read(sc->s->report[0], &byte, 1));
	expect_written(_metadata, sc, PAYLOAD_LEN);
	for (i = 1; i <= ROUNDS; i++)
		answer_before_fault(_metadata, sc, uffd, pages + size, id + i);
	EXPECT_EQ(EXITED(0), next_stop(sc->t.pid));
	sc->t.pid = -1;
}

TEST_HARNESS_MAIN

#else /* !__x86_64__ */

int main(void)
{
	ksft_print_header();
	ksft_exit_skip("needs to know the registers of this architecture\n");
}

#endif
