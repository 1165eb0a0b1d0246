// SPDX-License-Identifier: GPL-2.0
/*
 * Substituted system calls: what they leave behind in the target after many of
 * them, and who has to wait for whom when memory is slow.
 *
 * In most targets getppid() is the call that traps, so that they can do
 * everything else.
 */
#include "seccomp_inject_mm.h"

#include <elf.h>
#include <linux/fuse.h>
#include <linux/io_uring.h>
#include <sys/eventfd.h>

#include "../kselftest_harness.h"

static const int trapped = __NR_getppid;

/*
 * Loops go on for so long, or for so many rounds if those take longer; where
 * that was time for FAST_ROUNDS, they go on to the end.
 */
#define BUDGET_S	8
#define MIN_ROUNDS	1000
#define FAST_ROUNDS	2000
#define MAX_ROUNDS	10000
#define CHURN_ROUNDS	300

static long trap(void)
{
	return syscall(trapped);
}

static int start(struct target *t, int (*fn)(void *), void *arg)
{
	return target_start(t, &trapped, 1, INJECT_LISTENER, fn, arg);
}

static int inject_next(struct target *t, struct seccomp_notif_inject *inj)
{
	struct seccomp_notif notif;

	if (notif_recv(t->listener, &notif))
		return -1;
	return notif_inject(t->listener, notif.id, inj);
}

/* A call that succeeds. */
static struct seccomp_notif_inject harmless(void)
{
	return INJECT(__NR_chdir, 0, 0, "/tmp", 5, 0);
}

/* ---- What this program does when it is executed by a target ---- */

#define SELF "/proc/self/exe"

static void __attribute__((constructor)) play_role(int argc, char **argv)
{
	if (argc != 2)
		return;
	if (!strcmp(argv[1], "--exit"))
		_exit(0);
	if (!strcmp(argv[1], "--pause"))
		for (;;)
			pause();
	if (!strcmp(argv[1], "--trap"))
		_exit(inject_mappings(getpid()) == 0 && trap() == 0 &&
		      inject_mappings(getpid()) == 1 ? 0 : 1);
}

static void exec_path(const char *path, const char *role)
{
	const char * const argv[] = { "stress", role, NULL };
	const char * const envp[] = { NULL };

	execve(path, (char **)argv, (char **)envp);
	_exit(120);
}

/*
 * The smallest program: ours takes milliseconds of page faults to start. It
 * does exit(0), on architectures of which we know how to say that.
 */
#if defined(__x86_64__)
#define TINY_MACHINE EM_X86_64
static const __u8 tiny_code[] = {
	0x31, 0xff,			/* xor %edi, %edi */
	0xb8, 60, 0, 0, 0,		/* mov $60, %eax */
	0x0f, 0x05,			/* syscall */
};
#elif defined(__aarch64__)
#define TINY_MACHINE EM_AARCH64
static const __u32 tiny_code[] = {
	0xd2800000,			/* mov x0, #0 */
	0xd2800ba8,			/* mov x8, #93 */
	0xd4000001,			/* svc #0 */
};
#endif

#define TINY "/tmp/tiny"

/* Path of a program that ends well when called with "--exit", or NULL. */
static const char *make_tiny(void)
{
#ifdef TINY_MACHINE
	const unsigned long base = 0x10000000;
	struct {
		Elf64_Ehdr ehdr;
		Elf64_Phdr phdr;
		__u8 code[sizeof(tiny_code)];
	} tiny = {
		.ehdr = {
			.e_ident = {
				0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB,
				EV_CURRENT,
			},
			.e_type = ET_EXEC,
			.e_machine = TINY_MACHINE,
			.e_version = EV_CURRENT,
			.e_entry = base + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 1,
		},
		.phdr = {
			.p_type = PT_LOAD,
			.p_flags = PF_R | PF_X,
			.p_vaddr = base,
			.p_filesz = sizeof(tiny),
			.p_memsz = sizeof(tiny),
			.p_align = 0x10000,
		},
	};
	int fd = open(TINY, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0700);
	bool ok;

	memcpy(tiny.code, tiny_code, sizeof(tiny_code));
	ok = write(fd, &tiny, sizeof(tiny)) == sizeof(tiny);
	close(fd);
	return ok ? TINY : NULL;
#else
	return SELF;
#endif
}

/* The same as a request. */
struct exec_buf {
	__u64 argv[3];
	char path[16];
	char role[16];
};

static struct seccomp_notif_inject
inject_exec(struct exec_buf *b, const char *path, const char *role)
{
	struct seccomp_notif_inject inj = {
		.nr = __NR_execve,
		.args = {
			offsetof(struct exec_buf, path),
			offsetof(struct exec_buf, argv),
		},
		.buf = PTR(b),
		.buf_size = sizeof(*b),
		.args_in_buf_mask = 1 << 0 | 1 << 1,
	};

	*b = (struct exec_buf){ .argv = { 0 } };
	snprintf(b->path, sizeof(b->path), "%s", path);
	b->argv[0] = offsetof(struct exec_buf, path);
	b->argv[1] = offsetof(struct exec_buf, role);
	snprintf(b->role, sizeof(b->role), "%s", role);
	return inj;
}

/* ---- Counts ---- */

/* Shared by a test and its target. */
struct count {
	int rounds;
	int failed;
	int areas_first, areas_last;
	long pages_first, pages_last;
	int room_first, room_last;
	/* What the target shall do in a round */
	bool injected_exec;
	const char *program;
	int max_rounds;
	double budget;
};

#define WARM_UP 10

static void *thread_trap(void *arg)
{
	return (void *)trap();
}

static int round_thread(struct count *c)
{
	void *ret = (void *)-1;
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_trap, NULL))
		return -1;
	pthread_join(thread, &ret);
	return (long)ret;
}

static int round_vfork(struct count *c)
{
	int status;
	pid_t pid = vfork();

	if (!pid) {
		if (!c->injected_exec && trap() != 0)
			_exit(1);
		exec_path(c->program, c->injected_exec ? "--wrong" : "--exit");
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

/* How many more mappings can be made? At least one, for each two pages. */
static int mappings_room(void)
{
	const long size = 2000, page = sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, size * page, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int n = 0;

	while (p != MAP_FAILED && n < size / 2 &&
	       !mprotect(p + (2 * n + 1) * page, page, PROT_READ))
		n++;
	munmap(p, size * page);
	return n;
}

static void count_rounds(struct count *c, int (*one)(struct count *))
{
	double end = seconds() + c->budget;

	while (c->rounds < c->max_rounds &&
	       (c->rounds < MIN_ROUNDS || c->rounds >= FAST_ROUNDS ||
		seconds() < end)) {
		if (one(c))
			c->failed++;
		if (++c->rounds != WARM_UP)
			continue;
		c->areas_first = inject_mappings(getpid());
		c->room_first = mappings_room();
		c->pages_first = vm_pages(getpid());
	}
	c->areas_last = inject_mappings(getpid());
	c->room_last = mappings_room();
	c->pages_last = vm_pages(getpid());
}

static int threads_target(void *arg)
{
	count_rounds(arg, round_thread);
	return 0;
}

static int vforks_target(void *arg)
{
	count_rounds(arg, round_vfork);
	return 0;
}

static void expect_constant(struct __test_metadata *_metadata, struct count *c,
			    int served)
{
	EXPECT_EQ(c->rounds, served);
	EXPECT_LE(c->max_rounds < MIN_ROUNDS ? c->max_rounds : MIN_ROUNDS,
		  c->rounds);
	EXPECT_EQ(0, c->failed);
	EXPECT_EQ(1, c->areas_first);
	EXPECT_EQ(1, c->areas_last);
	EXPECT_LT(0, c->pages_first);
	EXPECT_EQ(c->pages_first, c->pages_last);
	EXPECT_EQ(c->room_first, c->room_last);
	TH_LOG("%d rounds", c->rounds);
}

FIXTURE(count) {
	struct count *c;
	struct target t;
	struct exec_buf exec;
};

FIXTURE_SETUP(count)
{
	REQUIRE_INJECT();
	self->c = map_shared(sizeof(*self->c));
	ASSERT_NE(MAP_FAILED, self->c);
	self->c->max_rounds = MAX_ROUNDS;
	self->c->budget = BUDGET_S;
	self->c->program = make_tiny();
	ASSERT_NE(NULL, self->c->program);
}

FIXTURE_TEARDOWN(count)
{
	munmap(self->c, sizeof(*self->c));
}

TEST_F_TIMEOUT(count, threads_one_by_one, 240)
{
	struct seccomp_notif_inject inj = harmless();
	int served;

	ASSERT_EQ(0, start(&self->t, threads_target, self->c));
	served = serve(self->t.listener, &inj);
	EXPECT_EQ(0, target_wait(&self->t));
	expect_constant(_metadata, self->c, served);
}

TEST_F_TIMEOUT(count, vforks_that_exec, 240)
{
	struct seccomp_notif_inject inj = harmless();
	int served;

	ASSERT_EQ(0, start(&self->t, vforks_target, self->c));
	served = serve(self->t.listener, &inj);
	EXPECT_EQ(0, target_wait(&self->t));
	expect_constant(_metadata, self->c, served);
}

TEST_F_TIMEOUT(count, vforks_with_injected_exec, 240)
{
	const int nr = __NR_execve;
	struct seccomp_notif_inject inj = inject_exec(&self->exec, self->c->program, "--exit");
	int served;

	self->c->injected_exec = true;
	ASSERT_EQ(0, target_start(&self->t, &nr, 1, INJECT_LISTENER,
				  vforks_target, self->c));
	served = serve(self->t.listener, &inj);
	EXPECT_EQ(0, target_wait(&self->t));
	expect_constant(_metadata, self->c, served);
}

#define MAX_MAP_COUNT "/proc/sys/vm/max_map_count"

static int sysctl_swap(const char *path, const char *value, char *old, int size)
{
	int n, fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (old) {
		n = read(fd, old, size - 1);
		old[n > 0 ? n : 0] = 0;
	}
	n = pwrite(fd, value, strlen(value), 0);
	close(fd);
	return n > 0 ? 0 : -1;
}

/* More execs than there may be mappings: none of them may be counted twice. */
TEST_F_TIMEOUT(count, vforks_beyond_max_map_count, 240)
{
	const int nr = __NR_execve;
	struct seccomp_notif_inject inj = inject_exec(&self->exec, self->c->program, "--exit");
	char old[32];
	int served;

	self->c->injected_exec = true;
	self->c->max_rounds = 600;
	if (sysctl_swap(MAX_MAP_COUNT, "500", old, sizeof(old)))
		SKIP(return, "cannot write " MAX_MAP_COUNT);
	ASSERT_EQ(0, target_start(&self->t, &nr, 1, INJECT_LISTENER,
				  vforks_target, self->c));
	served = serve(self->t.listener, &inj);
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_EQ(0, sysctl_swap(MAX_MAP_COUNT, old, NULL, 0));
	expect_constant(_metadata, self->c, served);
	/* The limit was in force. */
	EXPECT_GT(500, self->c->room_first);
}

/* ---- As many as are in flight at once ---- */

#define FLYING 8

/* Rounds of which all threads have returned; the next one may start. */
struct flight {
	_Atomic int landed;
	_Atomic bool next;
};

static void *flying_thread(void *arg)
{
	return (void *)trap();
}

static int flying_target(void *arg)
{
	static const int rounds[] = { FLYING, FLYING / 2, 1, FLYING };
	pthread_t threads[FLYING];
	struct flight *f = arg;
	void *ret;
	size_t r;
	int i;

	for (r = 0; r < ARRAY_SIZE(rounds); r++) {
		for (i = 0; i < rounds[r]; i++)
			if (pthread_create(&threads[i], NULL, flying_thread, NULL))
				return 1;
		for (i = 0; i < rounds[r]; i++)
			if (pthread_join(threads[i], &ret) || ret != (void *)1)
				return 2 + r;
		f->landed = r + 1;
		while (!f->next)
			usleep(200);
		f->next = false;
	}
	return 0;
}

static int fill_pipe(int fd)
{
	static const char zeros[4096];
	int n = 0, flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	while (write(fd, zeros, sizeof(zeros)) == sizeof(zeros))
		n += sizeof(zeros);
	fcntl(fd, F_SETFL, flags);
	return n;
}

static bool drain(int fd, int len)
{
	char buf[4096];
	ssize_t n;

	while (len > 0) {
		n = read(fd, buf, len < 4096 ? len : 4096);
		if (n <= 0)
			return false;
		len -= n;
	}
	return true;
}

TEST(areas_in_flight)
{
	/* How many start at once, and how many areas there are then. */
	static const int rounds[][2] = {
		{ FLYING, FLYING }, { FLYING / 2, FLYING }, { 1, FLYING },
		{ FLYING, FLYING },
	};
	struct flight *f = map_shared(sizeof(*f));
	struct seccomp_notif_inject inj;
	int p[2], i, filled;
	struct target t;
	size_t r;

	REQUIRE_INJECT();
	ASSERT_EQ(0, pipe(p));
	inj = INJECT(__NR_write, 1, 0, "x", 1, p[1], 0, 1);
	ASSERT_EQ(0, start(&t, flying_target, f));
	for (r = 0; r < ARRAY_SIZE(rounds); r++) {
		/* None can land before the pipe is drained. */
		filled = fill_pipe(p[1]);
		for (i = 0; i < rounds[r][0]; i++)
			ASSERT_EQ(0, inject_next(&t, &inj));
		EXPECT_TRUE(wait_until(inject_mappings(t.pid) >= rounds[r][1]));
		ASSERT_TRUE(drain(p[0], filled + rounds[r][0]));
		ASSERT_TRUE(wait_until(f->landed == (int)r + 1));
		EXPECT_EQ(rounds[r][1], inject_mappings(t.pid));
		f->next = true;
	}
	EXPECT_EQ(0, target_wait(&t));
}

/* ---- Whose area? ---- */

static int forks_target(void *arg)
{
	int status;
	pid_t pid;

	if (trap() != 0)
		return 1;
	pid = fork();
	if (!pid) {
		if (inject_mappings(getpid()) != 0 || trap() != 0 ||
		    inject_mappings(getpid()) != 1)
			_exit(1);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return 2;
	return trap() == 0 && inject_mappings(getpid()) == 1 ? 0 : 3;
}

TEST(fork_child_has_its_own)
{
	struct seccomp_notif_inject inj = harmless();
	struct target t;

	REQUIRE_INJECT();
	ASSERT_EQ(0, start(&t, forks_target, NULL));
	EXPECT_EQ(3, serve(t.listener, &inj));
	EXPECT_EQ(0, target_wait(&t));
}

static int exec_target(void *arg)
{
	if (trap() != 0 || inject_mappings(getpid()) != 1)
		return 1;
	exec_path(SELF, "--trap");
	return 2;
}

TEST(exec_starts_anew)
{
	struct seccomp_notif_inject inj = harmless();
	struct target t;

	REQUIRE_INJECT();
	ASSERT_EQ(0, start(&t, exec_target, NULL));
	EXPECT_EQ(2, serve(t.listener, &inj));
	EXPECT_EQ(0, target_wait(&t));
}

TEST(injected_exec_starts_anew)
{
	const int nrs[] = { __NR_getppid, __NR_execve };
	struct exec_buf buf;
	struct seccomp_notif_inject inj = harmless();
	struct seccomp_notif_inject exec = inject_exec(&buf, SELF, "--trap");
	struct target t;

	REQUIRE_INJECT();
	ASSERT_EQ(0, target_start(&t, nrs, 2, INJECT_LISTENER, exec_target, NULL));
	ASSERT_EQ(0, inject_next(&t, &inj));
	ASSERT_EQ(0, inject_next(&t, &exec));
	ASSERT_EQ(0, inject_next(&t, &inj));
	EXPECT_EQ(0, target_wait(&t));
}

/* ---- vfork, an injected exec, and io_uring's task work ---- */

struct ring {
	int fd;
	unsigned int *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail;
	struct io_uring_sqe *sqes;
};

static int ring_make(struct ring *r)
{
	struct io_uring_params p = { 0 };
	char *sq;

	r->fd = syscall(__NR_io_uring_setup, 4, &p);
	if (r->fd < 0)
		return -1;
	sq = mmap(NULL, 4096 * 2, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQ_RING);
	r->sqes = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQES);
	if (sq == MAP_FAILED || r->sqes == MAP_FAILED ||
	    !(p.features & IORING_FEAT_SINGLE_MMAP))
		return -1;
	r->sq_tail = (void *)(sq + p.sq_off.tail);
	r->sq_mask = (void *)(sq + p.sq_off.ring_mask);
	r->sq_array = (void *)(sq + p.sq_off.array);
	r->cq_head = (void *)(sq + p.cq_off.head);
	r->cq_tail = (void *)(sq + p.cq_off.tail);
	return 0;
}

static int ring_poll(struct ring *r, int fd)
{
	unsigned int i = *r->sq_tail & *r->sq_mask;

	r->sqes[i] = (struct io_uring_sqe) {
		.opcode = IORING_OP_POLL_ADD,
		.fd = fd,
		.poll32_events = POLLIN,
	};
	r->sq_array[i] = i;
	__atomic_store_n(r->sq_tail, *r->sq_tail + 1, __ATOMIC_RELEASE);
	return syscall(__NR_io_uring_enter, r->fd, 1, 0, 0, NULL, 0);
}

static int ring_reap(struct ring *r)
{
	return syscall(__NR_io_uring_enter, r->fd, 0, 1, IORING_ENTER_GETEVENTS,
		       NULL, 0) < 0 ||
	       __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE) == *r->cq_head;
}

FIXTURE(uring) {
	struct target t;
	struct exec_buf buf;
};

FIXTURE_VARIANT(uring) {
	bool in_child;
};

FIXTURE_VARIANT_ADD(uring, polled_by_parent) { .in_child = false };
FIXTURE_VARIANT_ADD(uring, polled_by_child) { .in_child = true };

FIXTURE_SETUP(uring)
{
	struct ring ring;

	REQUIRE_INJECT();
	if (ring_make(&ring))
		SKIP(return, "no io_uring: %s", strerror(errno));
}

FIXTURE_TEARDOWN(uring)
{
}

static int uring_target(void *arg)
{
	bool in_child = arg;
	__u64 one = 1;
	struct ring ring;
	int event, status;
	pid_t pid;

	event = eventfd(0, 0);
	if (event < 0 || ring_make(&ring))
		return 1;
	if (!in_child && ring_poll(&ring, event) != 1)
		return 2;
	pid = vfork();
	if (!pid) {
		if (in_child && ring_poll(&ring, event) != 1)
			_exit(3);
		exec_path(SELF, "--wrong");
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return 4;
	if (inject_mappings(getpid()) != 1)
		return 5;
	/* The child's request was cancelled, ours lives. */
	if (write(event, &one, sizeof(one)) != sizeof(one) || ring_reap(&ring))
		return 6;
	return trap() == 0 && inject_mappings(getpid()) == 1 ? 0 : 7;
}

TEST_F(uring, vfork_and_injected_exec)
{
	const int nrs[] = { __NR_getppid, __NR_execve };
	struct seccomp_notif_inject exec = inject_exec(&self->buf, SELF, "--exit");
	struct seccomp_notif_inject inj = harmless();

	ASSERT_EQ(0, target_start(&self->t, nrs, 2, INJECT_LISTENER, uring_target,
				  (void *)variant->in_child));
	ASSERT_EQ(0, inject_next(&self->t, &exec));
	ASSERT_EQ(0, inject_next(&self->t, &inj));
	EXPECT_EQ(0, target_wait(&self->t));
}

/* ---- Peers: the same address space, another thread group ---- */

#define STACK_SIZE (64 * 1024)

/*
 * Peers share the thread-local variables of whoever made them: all that they
 * may do is make system calls that don't fail.
 */
static pid_t peer_start(int (*fn)(void *), void *arg)
{
	char *stack = map_private(STACK_SIZE);

	if (stack == MAP_FAILED)
		return -1;
	return clone(fn, stack + STACK_SIZE, CLONE_VM | SIGCHLD, arg);
}

/* ---- Many of each way to end ---- */

/**
 * struct churn - a loop of hundreds of rounds of one kind
 * @pipe: full, or read from, as the round needs
 * @worker: who is in the call, in the target's PID namespace
 * @round: that the target is in or has done, from 1
 * @gate: up to which the target may go
 * @ret: what the last call returned, or -errno
 */
struct churn {
	int pipe[2];
	_Atomic pid_t worker;
	_Atomic int round;
	_Atomic int gate;
	_Atomic int ret;
	int wrong;
};

static void no_op(int sig)
{
}

/* One call in each round, from the main thread, until the supervisor is gone. */
static int churn_target(void *arg)
{
	struct sigaction sa = { .sa_handler = no_op };
	struct churn *c = arg;
	long ret;

	sigaction(SIGUSR1, &sa, NULL);
	c->worker = getpid();
	while (c->round < CHURN_ROUNDS) {
		c->round++;
		ret = trap();
		/* The signal may come before the call, and it traps again. */
		c->ret = ret < 0 ? -errno : ret;
		if (c->ret != 0 && c->ret != 1 && c->ret != -EINTR)
			c->wrong++;
	}
	return 0;
}

static int peer_call(void *arg)
{
	trap();
	_exit(0);
}

/* The same from a peer that is made for it. */
static int churn_peers_target(void *arg)
{
	char *stack = map_private(STACK_SIZE);
	struct churn *c = arg;
	int status;
	pid_t pid;

	while (c->round < CHURN_ROUNDS) {
		c->round++;
		pid = clone(peer_call, stack + STACK_SIZE, CLONE_VM | SIGCHLD, c);
		if (pid < 0)
			return 1;
		c->worker = pid;
		if (waitpid(pid, &status, 0) != pid)
			return 2;
		if (status && status != SIGKILL)
			c->wrong++;
	}
	return inject_mappings(getpid()) == 1 ? 0 : 3;
}

FIXTURE(churn) {
	struct churn *c;
	struct target t;
	struct seccomp_notif_inject write;
};

FIXTURE_SETUP(churn)
{
	REQUIRE_INJECT();
	self->c = map_shared(sizeof(*self->c));
	ASSERT_NE(MAP_FAILED, self->c);
	ASSERT_EQ(0, pipe(self->c->pipe));
	self->write = INJECT(__NR_write, 1, 0, "x", 1, self->c->pipe[1], 0, 1);
}

FIXTURE_TEARDOWN(churn)
{
	munmap(self->c, sizeof(*self->c));
}

/* Injected writes to a full pipe, some on their way, some asleep: interrupted. */
TEST_F_TIMEOUT(churn, interrupted, 120)
{
	struct churn *c = self->c;
	struct seccomp_notif notif;
	int i = 0;

	fill_pipe(c->pipe[1]);
	ASSERT_EQ(0, start(&self->t, churn_target, c));
	for (;;) {
		if (notif_recv(self->t.listener, &notif)) {
			struct pollfd pfd = { .fd = self->t.listener };

			if (poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLHUP))
				break;
			continue;
		}
		if (notif_inject(self->t.listener, notif.id, &self->write)) {
			ASSERT_EQ(ENOENT, errno);
			continue;
		}
		if (i++ % 2)
			ASSERT_TRUE(wait_until(sleeps_in(self->t.pid, __NR_write)));
		kill(self->t.pid, SIGUSR1);
	}
	EXPECT_LE(CHURN_ROUNDS, i);
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_EQ(0, c->wrong);
}

/* A call that a killed peer was in, or was on its way to. */
TEST_F_TIMEOUT(churn, killed, 120)
{
	struct churn *c = self->c;
	struct seccomp_notif notif;
	int rounds;

	fill_pipe(c->pipe[1]);
	ASSERT_EQ(0, start(&self->t, churn_peers_target, c));
	for (rounds = 0; rounds < CHURN_ROUNDS; rounds++) {
		ASSERT_EQ(0, notif_recv(self->t.listener, &notif));
		switch (rounds % 3) {
		case 0:
			ASSERT_EQ(0, notif_inject(self->t.listener, notif.id,
						  &self->write));
			ASSERT_TRUE(wait_until(sleeps_in(notif.pid, __NR_write)));
			kill(notif.pid, SIGKILL);
			break;
		case 1:
			ASSERT_EQ(0, notif_inject(self->t.listener, notif.id,
						  &self->write));
			kill(notif.pid, SIGKILL);
			break;
		case 2:
			kill(notif.pid, SIGKILL);
			if (notif_inject(self->t.listener, notif.id, &self->write))
				EXPECT_EQ(ENOENT, errno);
			break;
		}
	}
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_EQ(0, c->wrong);
}

static int one_call(void *arg)
{
	long ret = trap();

	return ret == 0 ? 0 : ret == -1 && errno == ENOSYS ? 1 : 2;
}

/* The listener goes before the answer, or right after it. */
TEST_F_TIMEOUT(churn, listener_closed, 120)
{
	struct seccomp_notif_inject inj = harmless();
	struct seccomp_notif notif;
	int i;

	for (i = 0; i < CHURN_ROUNDS; i++) {
		ASSERT_EQ(0, start(&self->t, one_call, NULL));
		ASSERT_EQ(0, notif_recv(self->t.listener, &notif));
		if (i % 2)
			ASSERT_EQ(0, notif_inject(self->t.listener, notif.id, &inj));
		/* Closes it, then waits. */
		ASSERT_EQ(i % 2 ? 0 : 1, target_wait(&self->t));
	}
}

/* A thread in a call, and one that executes a program. */
static int exec_beside_call(void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_trap, NULL))
		return 1;
	exec_path(SELF, "--wrong");
	return 2;
}

/*
 * Threads that end inside a call because their process does, by SIGKILL or by
 * another thread's exec: the mm goes with them, or before them.
 */
TEST_F_TIMEOUT(churn, process_ends, 120)
{
	const int nrs[] = { __NR_getppid, __NR_execve };
	struct seccomp_notif_inject exec;
	struct seccomp_notif notif[2];
	struct exec_buf buf;
	int i, j, calling, ret;

	exec = inject_exec(&buf, make_tiny(), "--exit");
	fill_pipe(self->c->pipe[1]);
	for (i = 0; i < CHURN_ROUNDS; i++) {
		ASSERT_EQ(0, target_start(&self->t, nrs, 2, INJECT_LISTENER,
					  exec_beside_call, NULL));
		for (j = 0; j < 2; j++)
			ASSERT_EQ(0, notif_recv(self->t.listener, &notif[j]));
		calling = notif[0].data.nr == trapped ? 0 : 1;
		ASSERT_EQ(0, notif_inject(self->t.listener, notif[calling].id,
					  &self->write));
		ASSERT_TRUE(wait_until(sleeps_in(notif[calling].pid, __NR_write)));
		ret = i % 2 ? notif_inject(self->t.listener,
					   notif[!calling].id, &exec) :
			      kill(self->t.pid, SIGKILL);
		ASSERT_EQ(0, ret);
		ASSERT_EQ(i % 2 ? 0 : 256 + SIGKILL, target_wait(&self->t));
	}
}

static int pin_to_cpu0(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

/*
 * A call in each round that the supervisor starts; slow to notice that it was
 * answered while the supervisor runs.
 */
static int gated_target(void *arg)
{
	struct sched_param param = { 0 };
	struct churn *c = arg;
	int i;

	if (pin_to_cpu0() || sched_setscheduler(0, SCHED_IDLE, &param))
		return 1;
	for (i = 1; i <= CHURN_ROUNDS; i++) {
		while (c->gate < i)
			usleep(100);
		c->ret = trap();
		c->round = i;
	}
	return 0;
}

/**
 * struct receiver - a thread in RECV, which will fail
 * @listener: where it receives
 * @page: into which it receives; gone by the time that there is something
 * @tid: of the thread
 * @done: it is over
 * @err: errno of RECV
 */
struct receiver {
	int listener;
	void *page;
	_Atomic pid_t tid;
	_Atomic bool done;
	int err;
};

static void *receive(void *arg)
{
	struct receiver *r = arg;

	r->tid = gettid();
	r->err = ioctl(r->listener, SECCOMP_IOCTL_NOTIF_RECV, r->page) ? errno : 0;
	r->done = true;
	return NULL;
}

/*
 * RECV looks at its buffer before it waits, and writes to it when a
 * notification came. Between the two the page goes; so RECV, which has marked
 * the notification as received, sleeps in a userfaultfd until SEND was here, and
 * then fails, at best before the target has seen the answer. Without a SEND the
 * notification has to come again.
 */
TEST_F_TIMEOUT(churn, faulting_recv_races_send, 240)
{
	const long size = sysconf(_SC_PAGESIZE);
	struct seccomp_notif_inject inj = harmless();
	struct churn *c = self->c;
	struct seccomp_notif notif;
	struct receiver r = { 0 };
	struct uffd_msg msg;
	pthread_t thread;
	cpu_set_t all;
	double spin;
	__u64 id = 0;
	int i, uffd;

	ASSERT_EQ(0, sched_getaffinity(0, sizeof(all), &all));
	r.page = map_private(size);
	uffd = uffd_register(r.page, size);
	if (uffd < 0)
		SKIP(return, "no userfaultfd: %s", strerror(errno));
	ASSERT_EQ(0, start(&self->t, gated_target, c));
	r.listener = self->t.listener;

	for (i = 1; i <= CHURN_ROUNDS; i++) {
		struct uffdio_range range = { PTR(r.page), size };
		struct uffdio_zeropage zero = { .range = range };
		/* The first round is to learn the id. */
		bool send = i > 1 && i % 2;

		ASSERT_EQ(0, mprotect(r.page, size, PROT_READ | PROT_WRITE));
		ASSERT_EQ(0, ioctl(uffd, UFFDIO_ZEROPAGE, &zero));
		r.tid = 0;
		r.done = false;
		ASSERT_EQ(0, sched_setaffinity(0, sizeof(all), &all));
		ASSERT_EQ(0, pthread_create(&thread, NULL, receive, &r));
		ASSERT_EQ(0, pin_to_cpu0());
		ASSERT_TRUE(wait_until(r.tid && sleeps_in(r.tid, __NR_ioctl)));
		ASSERT_EQ(0, madvise(r.page, size, MADV_DONTNEED));
		c->gate = i;
		ASSERT_EQ(sizeof(msg), read(uffd, &msg, sizeof(msg)));

		if (send) {
			ASSERT_EQ(0, notif_inject(r.listener, ++id, &inj));
			EXPECT_EQ(-1, notif_inject(r.listener, id, &inj));
		}
		ASSERT_EQ(0, mprotect(r.page, size, PROT_NONE));
		ASSERT_EQ(0, ioctl(uffd, UFFDIO_WAKE, &range));
		/* Keep the CPU, for a while. */
		for (spin = seconds() + 0.02; !r.done && seconds() < spin;)
			;
		pthread_join(thread, NULL);
		EXPECT_EQ(EFAULT, r.err);

		if (send) {
			ASSERT_TRUE(wait_until(c->round == i));
			EXPECT_EQ(-1, notif_inject(r.listener, id, &inj));
			EXPECT_EQ(ENOENT, errno);
		} else {
			ASSERT_EQ(0, notif_recv(r.listener, &notif));
			id = notif.id;
			ASSERT_EQ(0, notif_inject(r.listener, id, &inj));
			ASSERT_TRUE(wait_until(c->round == i));
		}
		EXPECT_EQ(0, c->ret);
	}
	close(uffd);
	EXPECT_EQ(0, target_wait(&self->t));
}

/* ---- A supervisor whose memory is slow ---- */

struct slow_send {
	int listener;
	__u64 id;
	struct seccomp_notif_inject *inj;
	int err;
};

static void *slow_sender(void *arg)
{
	struct slow_send *s = arg;
	struct seccomp_notif_resp resp = {
		.id = s->id,
		.val = PTR(s->inj),
		.flags = SECCOMP_USER_NOTIF_FLAG_INJECTED,
	};

	s->err = ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SEND, &resp) ? errno : 0;
	return NULL;
}

/* Two threads: the first one's call is answered from slow memory. */
static int slow_target(void *arg)
{
	_Atomic int *through = arg;
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_trap, NULL))
		return 1;
	if (trap() > 0)
		*through = 1;
	for (;;)
		pause();
}

FIXTURE(slow) {
	struct target t;
	_Atomic int *through;
	char *page;
	int uffd;
};

FIXTURE_VARIANT(slow) {
	bool slow_struct;
};

FIXTURE_VARIANT_ADD(slow, buffer) { .slow_struct = false };
FIXTURE_VARIANT_ADD(slow, structure) { .slow_struct = true };

FIXTURE_SETUP(slow)
{
	REQUIRE_INJECT();
	self->through = map_shared(4096);
	/* One that is there, and one that is served. */
	self->page = map_private(2 * sysconf(_SC_PAGESIZE));
	ASSERT_NE(MAP_FAILED, self->page);
	self->page += sysconf(_SC_PAGESIZE);
	self->uffd = uffd_register(self->page, sysconf(_SC_PAGESIZE));
	if (self->uffd < 0)
		SKIP(return, "no userfaultfd: %s", strerror(errno));
}

FIXTURE_TEARDOWN(slow)
{
	close(self->uffd);
}

TEST_F_TIMEOUT(slow, supervisor_page, 2 * PATIENCE_S)
{
	char *content = map_private(4096);
	struct seccomp_notif_inject inj = harmless();
	struct uffdio_copy copy = {
		.dst = PTR(self->page), .src = PTR(content), .len = 4096,
	};
	struct seccomp_notif notif;
	struct uffd_msg msg;
	struct pollfd pfd;
	struct slow_send s;
	pthread_t sender;

	if (sysconf(_SC_PAGESIZE) != 4096)
		SKIP(return, "pages are not of 4096 bytes");
	strcpy(content, "/tmp");
	ASSERT_EQ(0, start(&self->t, slow_target, (void *)self->through));
	ASSERT_EQ(0, notif_recv(self->t.listener, &notif));
	inj.id = notif.id;
	if (variant->slow_struct)
		memcpy(content, &inj, sizeof(inj));
	else
		inj.buf = PTR(self->page);
	s = (struct slow_send) {
		.listener = self->t.listener,
		.id = notif.id,
		.inj = variant->slow_struct ? (void *)self->page : &inj,
	};
	ASSERT_EQ(0, pthread_create(&sender, NULL, slow_sender, &s));
	ASSERT_EQ(sizeof(msg), read(self->uffd, &msg, sizeof(msg)));

	/* The other notification goes through meanwhile. */
	pfd = (struct pollfd){ .fd = self->t.listener, .events = POLLIN };
	ASSERT_EQ(1, poll(&pfd, 1, PATIENCE_S * 1000));
	ASSERT_EQ(0, notif_recv(self->t.listener, &notif));
	ASSERT_EQ(0, notif_continue(self->t.listener, notif.id));
	/* Either thread may have been first. */
	if (notif.pid == self->t.pid)
		EXPECT_TRUE(wait_until(*self->through));

	/* And the target can be killed. */
	ASSERT_EQ(0, kill(self->t.pid, SIGKILL));
	EXPECT_EQ(256 + SIGKILL, wait_end(self->t.pid));

	ASSERT_EQ(0, ioctl(self->uffd, UFFDIO_COPY, &copy));
	pthread_join(sender, NULL);
	EXPECT_EQ(ENOENT, s.err);
}

/* What has been read changes while SEND waits for the rest: it is not read again. */
TEST_F_TIMEOUT(slow, is_read_once, 2 * PATIENCE_S)
{
	static const char paths[] = "/tmp/once\0/tmp/late";
	const size_t half = sizeof(struct seccomp_notif_inject) / 2;
	char *content = map_private(4096), *buf = map_private(4096);
	struct seccomp_notif_inject inj, *at = map_private(sizeof(inj));
	struct uffdio_copy copy = {
		.dst = PTR(self->page), .src = PTR(content), .len = 4096,
	};
	struct seccomp_notif notif;
	struct uffd_msg msg;
	struct slow_send s;
	pthread_t sender;

	if (sysconf(_SC_PAGESIZE) != 4096)
		SKIP(return, "pages are not of 4096 bytes");
	if (variant->slow_struct)
		at = (void *)(self->page - half);
	else
		buf = self->page - sizeof(paths);
	memcpy(buf, paths, sizeof(paths));
	inj = INJECT(__NR_mkdirat, 1, 0, buf, sizeof(paths) + 1, AT_FDCWD, 0, 0700);
	ASSERT_EQ(0, start(&self->t, one_call, NULL));
	ASSERT_EQ(0, notif_recv(self->t.listener, &notif));
	inj.id = notif.id;
	memcpy(at, &inj, variant->slow_struct ? half : sizeof(inj));
	if (variant->slow_struct)
		memcpy(content, (char *)&inj + half, half);

	s = (struct slow_send) {
		.listener = self->t.listener, .id = notif.id, .inj = at,
	};
	ASSERT_EQ(0, pthread_create(&sender, NULL, slow_sender, &s));
	ASSERT_EQ(sizeof(msg), read(self->uffd, &msg, sizeof(msg)));
	at->args[1] = strlen(paths) + 1;
	if (!variant->slow_struct)
		memcpy(buf, "/tmp/more", strlen(paths));
	ASSERT_EQ(0, ioctl(self->uffd, UFFDIO_COPY, &copy));
	pthread_join(sender, NULL);
	EXPECT_EQ(0, s.err);
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_EQ(0, rmdir("/tmp/once"));
	EXPECT_EQ(-1, rmdir("/tmp/late"));
	EXPECT_EQ(-1, rmdir("/tmp/more"));
}

/* ---- A mmap lock that is never given up: FUSE ---- */

#define FUSE_DIR	"/tmp/fuse"
#define FUSE_FILE	FUSE_DIR "/file"
#define FUSE_NODE	2

/**
 * struct fuse_server - a file system with one file, which can't be read
 * @fd: of /dev/fuse
 * @thread: serves it
 * @reads: READs that came, none of which is answered before @answer
 * @answer: answer them all
 * @stop: end
 */
struct fuse_server {
	int fd;
	pthread_t thread;
	_Atomic int reads;
	_Atomic bool answer, stop;
};

static void fuse_reply(struct fuse_server *s, __u64 unique, int error,
		       const void *data, size_t len)
{
	char buf[sizeof(struct fuse_out_header) + 4096];
	struct fuse_out_header out = {
		.len = sizeof(out) + len, .error = error, .unique = unique,
	};

	memcpy(buf, &out, sizeof(out));
	if (len)
		memcpy(buf + sizeof(out), data, len);
	/* ENOENT: the request was interrupted */
	if (write(s->fd, buf, out.len) < 0)
		return;
}

static struct fuse_attr fuse_attr(__u64 node)
{
	return (struct fuse_attr) {
		.ino = node,
		.size = 4096,
		.mode = node == FUSE_NODE ? S_IFREG | 0666 : S_IFDIR | 0755,
		.nlink = 1,
		.blksize = 4096,
	};
}

static void fuse_serve(struct fuse_server *s, struct fuse_in_header *in)
{
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_write = 4096,
	};
	struct fuse_attr_out attr = {
		.attr_valid = 3600, .attr = fuse_attr(in->nodeid),
	};
	struct fuse_entry_out entry = {
		.nodeid = FUSE_NODE, .entry_valid = 3600, .attr_valid = 3600,
		.attr = fuse_attr(FUSE_NODE),
	};
	struct fuse_open_out opened = { .fh = 1 };

	switch (in->opcode) {
	case FUSE_INIT:
		return fuse_reply(s, in->unique, 0, &init, sizeof(init));
	case FUSE_LOOKUP:
		return fuse_reply(s, in->unique, 0, &entry, sizeof(entry));
	case FUSE_GETATTR:
		return fuse_reply(s, in->unique, 0, &attr, sizeof(attr));
	case FUSE_OPEN:
		return fuse_reply(s, in->unique, 0, &opened, sizeof(opened));
	case FUSE_FLUSH:
	case FUSE_RELEASE:
		return fuse_reply(s, in->unique, 0, NULL, 0);
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	default:
		return fuse_reply(s, in->unique, -ENOSYS, NULL, 0);
	}
}

static void *fuse_thread(void *arg)
{
	static const char zeros[4096];
	static char buf[FUSE_MIN_READ_BUFFER + 4096];
	struct fuse_in_header *in = (void *)buf;
	struct fuse_server *s = arg;
	__u64 waiting[16];
	int n = 0;

	while (!s->stop) {
		struct pollfd pfd = { .fd = s->fd, .events = POLLIN };

		if (poll(&pfd, 1, 5) == 1 && read(s->fd, buf, sizeof(buf)) > 0) {
			if (in->opcode == FUSE_READ && n < 16) {
				waiting[n++] = in->unique;
				s->reads++;
			} else {
				fuse_serve(s, in);
			}
		}
		while (s->answer && n)
			fuse_reply(s, waiting[--n], 0, zeros, sizeof(zeros));
	}
	return NULL;
}

/* Returns 0, or -1 and errno. */
static int fuse_start(struct fuse_server *s)
{
	char options[80];

	s->fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (s->fd < 0)
		return -1;
	mkdir(FUSE_DIR, 0700);
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0", s->fd);
	if (mount("inject", FUSE_DIR, "fuse", 0, options))
		return -1;
	errno = pthread_create(&s->thread, NULL, fuse_thread, s);
	return errno ? -1 : 0;
}

static void fuse_end(struct fuse_server *s)
{
	s->answer = true;
	umount2(FUSE_DIR, MNT_DETACH);
	s->stop = true;
	pthread_join(s->thread, NULL);
	close(s->fd);
}

/**
 * struct hold - a target in which one thread holds the mmap lock
 * @victim_kind: what the victim does
 * @pipe: full
 * @victim: task that is about to end, 0 before there is one
 * @hold: go and take the lock
 * @probe: go and show that it is held
 * @probed: the lock was not held any more
 */
struct hold {
	enum {
		THREAD_EXITS,
		PEER_EXITS,
		PEER_IN_CALL,
		PEER_INSTALLS,
		VFORK_EXECED,
	} victim_kind;
	int pipe[2];
	_Atomic pid_t victim;
	_Atomic bool hold, go, probe, probed;
};

/* Read through the page of the file: the fault waits with the lock held. */
static void *holder(void *arg)
{
	int fd = open(FUSE_FILE, O_RDONLY), mem = open("/proc/self/mem", O_RDONLY);
	char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0), buf[8];
	struct hold *h = arg;

	while (!h->hold)
		usleep(200);
	if (fd < 0 || mem < 0 || page == MAP_FAILED ||
	    pread(mem, buf, sizeof(buf), (unsigned long)page) != sizeof(buf))
		_exit(10);
	return NULL;
}

static int victim_peer(void *arg)
{
	struct hold *h = arg;
	struct timespec ts = { .tv_nsec = 200000 };

	if (h->victim_kind == PEER_EXITS)
		trap();
	h->victim = syscall(__NR_gettid);
	while (h->victim_kind != PEER_IN_CALL && !h->go)
		syscall(__NR_nanosleep, &ts, NULL);
	if (h->victim_kind != PEER_EXITS)
		trap();
	syscall(__NR_exit, 0);
	return 0;
}

static void *victim_thread(void *arg)
{
	struct hold *h = arg;

	trap();
	h->victim = syscall(__NR_gettid);
	while (!h->go)
		usleep(200);
	syscall(__NR_exit, 0);
	return NULL;
}

static int victim_start(struct hold *h)
{
	pthread_t thread;
	pid_t pid;

	switch (h->victim_kind) {
	case THREAD_EXITS:
		return pthread_create(&thread, NULL, victim_thread, h);
	case VFORK_EXECED:
		pid = vfork();
		if (!pid)
			exec_path(SELF, "--wrong");
		h->victim = pid;
		return pid < 0;
	default:
		return peer_start(victim_peer, h) < 0;
	}
}

static int holding_target(void *arg)
{
	struct hold *h = arg;
	pthread_t thread;

	/* So that nobody has to wait for us in order to be gone. */
	if (pthread_create(&thread, NULL, holder, h) || victim_start(h))
		return 1;
	while (!h->probe)
		usleep(200);
	munmap(mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	       4096);
	h->probed = true;
	pthread_join(thread, NULL);
	return 0;
}

FIXTURE(hold) {
	struct hold *h;
	struct target t;
	struct fuse_server server;
	struct exec_buf buf;
};

FIXTURE_VARIANT(hold) {
	int victim_kind;
};

FIXTURE_VARIANT_ADD(hold, thread_exits) { .victim_kind = THREAD_EXITS };
FIXTURE_VARIANT_ADD(hold, peer_exits) { .victim_kind = PEER_EXITS };
FIXTURE_VARIANT_ADD(hold, peer_killed_in_call) { .victim_kind = PEER_IN_CALL };
FIXTURE_VARIANT_ADD(hold, peer_killed_before_call) { .victim_kind = PEER_INSTALLS };
FIXTURE_VARIANT_ADD(hold, vfork_child_killed) { .victim_kind = VFORK_EXECED };

FIXTURE_SETUP(hold)
{
	REQUIRE_INJECT();
	if (fuse_start(&self->server))
		SKIP(return, "no FUSE: %s", strerror(errno));
	self->h = map_shared(sizeof(*self->h));
	ASSERT_NE(MAP_FAILED, self->h);
	self->h->victim_kind = variant->victim_kind;
	ASSERT_EQ(0, pipe(self->h->pipe));
}

FIXTURE_TEARDOWN(hold)
{
	fuse_end(&self->server);
}

/* Is a task of the target gone, but for its parent's wait? */
static bool task_gone(pid_t pid, pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d", pid, tid);
	return access(path, F_OK) || task_state(tid) == 'Z';
}

TEST_F_TIMEOUT(hold, exit_does_not_wait_for_the_mmap_lock, 4 * PATIENCE_S)
{
	const int nrs[] = { __NR_getppid, __NR_execve };
	struct seccomp_notif_inject inj = harmless();
	struct hold *h = self->h;
	char dir[] = "/tmp/hold";
	pid_t group;

	if (variant->victim_kind == VFORK_EXECED)
		inj = inject_exec(&self->buf, SELF, "--pause");
	if (variant->victim_kind == PEER_IN_CALL)
		inj = INJECT(__NR_write, 1, 0, "x", 1, h->pipe[1], 0, 1);
	if (variant->victim_kind == PEER_INSTALLS)
		inj = INJECT(__NR_mkdirat, 1, 0, dir, sizeof(dir), AT_FDCWD, 0,
			     0700);

	fill_pipe(h->pipe[1]);
	ASSERT_EQ(0, target_start(&self->t, nrs, 2, INJECT_LISTENER,
				  holding_target, h));
	/* All but one have their area before the lock is taken. */
	if (variant->victim_kind != PEER_INSTALLS)
		ASSERT_EQ(0, inject_next(&self->t, &inj));
	ASSERT_TRUE(wait_until(h->victim));
	if (variant->victim_kind == PEER_IN_CALL)
		ASSERT_TRUE(wait_until(sleeps_in(h->victim, __NR_write)));
	group = variant->victim_kind == THREAD_EXITS ? self->t.pid : h->victim;

	h->hold = true;
	ASSERT_TRUE(wait_until(self->server.reads));
	h->go = true;
	if (variant->victim_kind == PEER_INSTALLS) {
		ASSERT_EQ(0, inject_next(&self->t, &inj));
		EXPECT_TRUE(wait_until(task_state(h->victim) == 'D'));
	}
	if (variant->victim_kind >= PEER_IN_CALL)
		ASSERT_EQ(0, kill(h->victim, SIGKILL));
	EXPECT_TRUE(wait_until(task_gone(group, h->victim)));

	/* It was held all the time: who wants it waits. */
	h->probe = true;
	EXPECT_TRUE(wait_until(task_state(self->t.pid) == 'D'));
	EXPECT_FALSE(h->probed);
	self->server.answer = true;
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_TRUE(h->probed);
	EXPECT_EQ(-1, rmdir(dir));
}

/* ---- Allocations that fail ---- */

#define DEBUGFS "/sys/kernel/debug/"

static int write_file(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ok = fd >= 0 && write(fd, value, strlen(value)) == (int)strlen(value);

	close(fd);
	return ok ? 0 : -1;
}

/* Make fail-nth count every allocation. Returns 0, or -1 without support. */
static int failing_allocations(void)
{
	return write_file(DEBUGFS "failslab/ignore-gfp-wait", "N") ||
	       write_file(DEBUGFS "failslab/verbose", "0") ||
	       write_file(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N") ||
	       write_file(DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N") ||
	       write_file(DEBUGFS "fail_page_alloc/min-order", "0") ||
	       write_file(DEBUGFS "fail_page_alloc/verbose", "0") ||
	       access("/proc/thread-self/fail-nth", W_OK) ? -1 : 0;
}

static int fail_nth_open(void)
{
	return open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
}

static void fail_nth_set(int fd, int nth)
{
	char buf[16];
	int n = snprintf(buf, sizeof(buf), "%d", nth);

	if (pwrite(fd, buf, n, 0) != n)
		_exit(110);
}

/* How many allocations are still to go before one fails, 0: one did. */
static int fail_nth_end(int fd)
{
	char buf[16] = "";
	int left;

	if (pread(fd, buf, sizeof(buf) - 1, 0) <= 0)
		_exit(111);
	left = atoi(buf);
	fail_nth_set(fd, 0);
	return left;
}

struct failing {
	int nth, left, err;
	int areas;
	bool again;
};

#define FAIL_DIR	"/tmp/fail"
#define FAIL_ORIG	"/tmp/fail_orig"

static int failing_target(void *arg)
{
	struct failing *f = arg;
	int fd = fail_nth_open();

	fail_nth_set(fd, f->nth);
	f->err = syscall(__NR_mkdirat, AT_FDCWD, FAIL_ORIG, 0700) ? errno : 0;
	f->left = fail_nth_end(fd);
	/* Nothing is out of order for the next one. */
	f->again = !syscall(__NR_mkdirat, AT_FDCWD, FAIL_ORIG, 0700);
	f->areas = inject_mappings(getpid());
	return 0;
}

FIXTURE(failing) {
	struct target t;
	struct failing *f;
	char *buf;
};

FIXTURE_SETUP(failing)
{
	REQUIRE_INJECT();
	if (failing_allocations())
		SKIP(return, "no CONFIG_FAILSLAB and CONFIG_FAIL_PAGE_ALLOC");
	self->f = map_shared(sizeof(*self->f));
	self->buf = map_private(SECCOMP_NOTIF_INJECT_BUF_MAX);
	strcpy(self->buf, FAIL_DIR);
}

FIXTURE_TEARDOWN(failing)
{
}

TEST_F_TIMEOUT(failing, each_allocation_of_the_target, 240)
{
	struct seccomp_notif_inject inj;
	struct failing *f = self->f;
	int refused = 0;

	inj = INJECT(__NR_mkdirat, 1, 0, self->buf, 2 * 4096, AT_FDCWD, 0, 0700);
	for (f->nth = 1, f->left = 0; !f->left; f->nth++) {
		ASSERT_GT(500, f->nth);
		ASSERT_EQ(0, target_start(&self->t, (const int []){ __NR_mkdirat },
					  1, INJECT_LISTENER, failing_target, f));
		ASSERT_EQ(0, inject_next(&self->t, &inj));
		ASSERT_EQ(0, inject_next(&self->t, &inj));
		ASSERT_EQ(0, target_wait(&self->t));
		/*
		 * ENOMEM: no area, or the call itself had none. EFAULT: no page
		 * table for the area. ENOSPC: no inode.
		 */
		if (f->err && !f->left) {
			EXPECT_TRUE(f->err == ENOMEM || f->err == EFAULT ||
				    f->err == ENOSPC)
				TH_LOG("allocation %d: error %d", f->nth, f->err);
			refused += f->err == ENOMEM;
		} else {
			EXPECT_EQ(0, f->err);
		}
		/* The second one succeeded if the first one did not. */
		EXPECT_EQ(!!f->err, f->again);
		EXPECT_EQ(1, f->areas);
		EXPECT_EQ(0, rmdir(FAIL_DIR));
		EXPECT_EQ(-1, rmdir(FAIL_ORIG));
	}
	TH_LOG("%d allocations, %d made it fail with ENOMEM", f->nth - 2, refused);
	/* The task's state, the pool, the area, its mapping and page. */
	EXPECT_LE(5, refused);
}

TEST_F_TIMEOUT(failing, each_allocation_of_the_supervisor, 120)
{
	static const int sizes[] = { 64, 2 * 4096, SECCOMP_NOTIF_INJECT_BUF_MAX };
	struct seccomp_notif_inject inj;
	struct seccomp_notif notif;
	int fd = fail_nth_open(), ret, err, left, nth, refused;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		inj = INJECT(__NR_mkdirat, 1, 0, self->buf, sizes[i], AT_FDCWD, 0,
			     0700);
		for (nth = 1, refused = 0, left = 0; !left; nth++) {
			ASSERT_GT(500, nth);
			self->f->nth = 0;
			ASSERT_EQ(0, target_start(&self->t,
						  (const int []){ __NR_mkdirat }, 1,
						  INJECT_LISTENER, failing_target,
						  self->f));
			ASSERT_EQ(0, notif_recv(self->t.listener, &notif));
			fail_nth_set(fd, nth);
			ret = notif_inject(self->t.listener, notif.id, &inj);
			err = errno;
			left = fail_nth_end(fd);
			if (ret) {
				EXPECT_EQ(0, left);
				EXPECT_EQ(ENOMEM, err);
				refused++;
				ASSERT_EQ(0, notif_inject(self->t.listener,
							  notif.id, &inj));
			}
			ASSERT_EQ(0, inject_next(&self->t, &inj));
			ASSERT_EQ(0, target_wait(&self->t));
			EXPECT_EQ(0, self->f->err);
			EXPECT_EQ(0, rmdir(FAIL_DIR));
		}
		TH_LOG("%d bytes: %d allocations, %d refused", sizes[i], nth - 2,
		       refused);
		/* What a large one needs besides it can get in a second way. */
		EXPECT_EQ(1, refused);
	}
}

TEST_HARNESS_MAIN
