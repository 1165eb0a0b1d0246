// SPDX-License-Identifier: GPL-2.0
/*
 * What a supervised system call costs, by the way in which the supervisor
 * answers. One round trip is: the target traps, the supervisor receives, reads
 * from the target what it decides on, answers, the call runs and returns. The
 * figure is that of the cheapest of many round trips, in which no timer ticks,
 * by the target's clock. On one processor with a clock that counts instructions
 * (QEMU -icount) the figures are instructions and repeat to the digit; on a
 * real machine only -t means something: ratios of medians.
 */
#include "seccomp_inject_util.h"

#include <getopt.h>
#include <linux/time_types.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/user.h>
#include <time.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PAYLOAD_MAX (64 * 1024)
#define ROUNDS_MAX 1024
#define TURNS 21

#define PATH "/tmp/a-path-of-sixty-three-bytes-as-a-supervisor-may-get-to-see"
#define SOCKET "/tmp/bench.socket"

_Static_assert(sizeof(PATH) == 64, "what is published is a path of 64 bytes");

static int rounds = 512;
static int failures;
static bool two_cpus;

static __u64 now(void)
{
#ifdef __x86_64__
	__u32 low, high;

	asm volatile("lfence; rdtsc; lfence" : "=a" (low), "=d" (high));
	return (__u64)high << 32 | low;
#else
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
#endif
}

/*
 * Instructions that do nothing, for a machine that counts what runs between
 * them, by function.
 */
#ifdef __x86_64__
#define MARK(n) asm volatile("nopl 0x5349000" #n "(%rax)")
#else
#define MARK(n)
#endif

static void fail(const char *what)
{
	fprintf(stderr, "benchmark: %s: %m\n", what);
	failures++;
}

static void die(const char *what)
{
	fprintf(stderr, "benchmark: %s: %m\n", what);
	exit(1);
}

static void *shared_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static int compare(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

static __u64 median(__u64 *t, int n)
{
	qsort(t, n, sizeof(*t), compare);
	return t[n / 2];
}

static __u64 least(__u64 *t, int n)
{
	qsort(t, n, sizeof(*t), compare);
	return t[0];
}

/* What the target does, and how the supervisor asks for the same. */

enum answer {
	CONTINUE,
	INJECTED,
	ADDFD,
	PTRACE,
	ANSWERS,
};

struct call {
	const char *name;
	int nr;
	/* The argument that points at what is decided on, and its size. */
	int arg;
	size_t size;
	/* Makes the call; the result is that of the system call. */
	long (*make)(const struct call *call);
	/* What belongs to it and is not measured. */
	void (*after)(const struct call *call, long result);
	/*
	 * Turn what was read from the target, in buf, into a request: pointers
	 * are @base plus the offset in buf.
	 */
	void (*request)(const struct call *call,
			struct seccomp_notif_inject *inj, __u64 base);
};

static char payload[PAYLOAD_MAX];
static struct sockaddr_un name = { AF_UNIX, SOCKET };
static int sock = -1, peer = -1, file = -1;
static char buf[SECCOMP_NOTIF_INJECT_BUF_MAX];

static long make_openat(const struct call *call)
{
	return syscall(__NR_openat, AT_FDCWD, PATH, O_RDONLY, 0);
}

static void after_openat(const struct call *call, long result)
{
	close(result);
}

static long make_connect(const struct call *call)
{
	return syscall(__NR_connect, sock, &name, sizeof(name));
}

static long make_sendmsg(const struct call *call)
{
	struct iovec iov = { payload, 1024 };
	struct msghdr msg = {
		.msg_name = &name, .msg_namelen = sizeof(name),
		.msg_iov = &iov, .msg_iovlen = 1,
	};

	return syscall(__NR_sendmsg, sock, &msg, 0);
}

static void after_sendmsg(const struct call *call, long result)
{
	if (recv(peer, buf, sizeof(buf), 0) != 1024)
		fail("recv");
}

static long make_write(const struct call *call)
{
	return syscall(__NR_write, file, payload, call->size);
}

static void after_write(const struct call *call, long result)
{
	lseek(file, 0, SEEK_SET);
}

static long make_execve(const struct call *call)
{
	static char *argv[] = { "exit", NULL }, *envp[] = { NULL };
	int status;
	pid_t pid = vfork();

	if (!pid) {
		syscall(__NR_execve, "/proc/self/exe", argv, envp);
		_exit(1);
	}
	return waitpid(pid, &status, 0) == pid ? -!!status : -1;
}

/* One pointer: what was read is the buffer. */
static void request_flat(const struct call *call,
			 struct seccomp_notif_inject *inj, __u64 base)
{
	inj->args[call->arg] = base;
	inj->args_in_buf_mask = 1 << call->arg;
}

/* struct msghdr, name, struct iovec and payload were read in one piece each. */
struct message {
	struct msghdr msg;
	struct sockaddr_un name;
	struct iovec iov;
	char payload[1024];
};

static void request_sendmsg(const struct call *call,
			    struct seccomp_notif_inject *inj, __u64 base)
{
	struct message *m = (struct message *)buf;

	m->msg.msg_name = (void *)(base + offsetof(struct message, name));
	m->msg.msg_iov = (void *)(base + offsetof(struct message, iov));
	m->iov.iov_base = (void *)(base + offsetof(struct message, payload));
	inj->buf_size = sizeof(*m);
	request_flat(call, inj, base);
}

struct program {
	char path[16];
	__u64 argv[2];
	__u64 envp[1];
	char arg[8];
};

static void request_execve(const struct call *call,
			   struct seccomp_notif_inject *inj, __u64 base)
{
	struct program *p = (struct program *)buf;

	p->argv[0] = base + offsetof(struct program, arg);
	p->argv[1] = 0;
	p->envp[0] = 0;
	strcpy(p->arg, "exit");
	inj->args[0] = base + offsetof(struct program, path);
	inj->args[1] = base + offsetof(struct program, argv);
	inj->args[2] = base + offsetof(struct program, envp);
	inj->buf_size = sizeof(*p);
	inj->args_in_buf_mask = 7;
}

static const struct call calls[] = {
	{ "openat", __NR_openat, 1, sizeof(PATH), make_openat, after_openat,
	  request_flat },
	{ "connect", __NR_connect, 1, sizeof(name), make_connect, NULL,
	  request_flat },
	{ "sendmsg 1 KiB", __NR_sendmsg, 1, 1024, make_sendmsg, after_sendmsg,
	  request_sendmsg },
	{ "execve", __NR_execve, 0, sizeof("/proc/self/exe"), make_execve, NULL,
	  request_execve },
	{ "write 64 B", __NR_write, 1, 64, make_write, after_write,
	  request_flat },
	{ "write 4 KiB", __NR_write, 1, 4096, make_write, after_write,
	  request_flat },
	{ "write 64 KiB", __NR_write, 1, 65536, make_write, after_write,
	  request_flat },
};

/* The target */

struct run {
	const struct call *call;
	int rounds;
	__u64 *times;
};

static int target(void *arg)
{
	const struct run *run = arg;
	const struct call *call = run->call;
	__u64 start;
	long result;
	int i;

	for (i = 0; i < run->rounds; i++) {
		MARK(1);
		start = now();
		result = call->make(call);
		run->times[i] = now() - start;
		MARK(2);
		if (result < 0) {
			fail(call->name);
			return 1;
		}
		if (call->after)
			call->after(call, result);
	}
	return 0;
}

/* The supervisor */

static void read_target(pid_t pid, __u64 from, void *to, size_t size)
{
	struct iovec local = { to, size }, remote = { (void *)from, size };

	if (process_vm_readv(pid, &local, 1, &remote, 1, 0) != (ssize_t)size)
		fail("process_vm_readv");
}

static void read_sendmsg(pid_t pid, __u64 from)
{
	struct message *m = (struct message *)buf;

	read_target(pid, from, &m->msg, sizeof(m->msg));
	read_target(pid, PTR(m->msg.msg_name), &m->name, sizeof(m->name));
	read_target(pid, PTR(m->msg.msg_iov), &m->iov, sizeof(m->iov));
	read_target(pid, PTR(m->iov.iov_base), m->payload, sizeof(m->payload));
}

/* Read what the decision is about, and decide. */
static bool decide(const struct call *call, pid_t pid, const __u64 *args)
{
	if (call->nr == __NR_sendmsg)
		read_sendmsg(pid, args[call->arg]);
	else
		read_target(pid, args[call->arg], buf, call->size);
	return call->nr != __NR_openat || !memcmp(buf, PATH, sizeof(PATH));
}

static int answer_addfd(int listener, __u64 id)
{
	struct seccomp_notif_addfd addfd = {
		.id = id, .flags = SECCOMP_ADDFD_FLAG_SEND,
	};
	int fd = open(buf, O_RDONLY), ret;

	addfd.srcfd = fd;
	ret = ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd);
	close(fd);
	return ret < 0 ? ret : 0;
}

static void make_request(const struct call *call, const __u64 *args,
			 __u64 base, struct seccomp_notif_inject *inj)
{
	inj->nr = call->nr;
	memcpy(inj->args, args, sizeof(inj->args));
	inj->buf = PTR(buf);
	inj->buf_size = call->size;
	call->request(call, inj, base);
}

static int answer_injected(const struct call *call, int listener,
			   const struct seccomp_notif *notif)
{
	struct seccomp_notif_inject inj;

	make_request(call, notif->data.args, 0, &inj);
	return notif_inject(listener, notif->id, &inj);
}

static void same_cpu(int listener)
{
	if (!two_cpus && ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
			       SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP))
		die("SYNC_WAKE_UP");
}

static void supervise(const struct call *call, int listener, int count,
		      enum answer answer)
{
	struct seccomp_notif notif;
	int ret;

	while (count--) {
		if (notif_recv(listener, &notif)) {
			fail("NOTIF_RECV");
			return;
		}
		if (!decide(call, notif.pid, notif.data.args)) {
			fail("decide");
			return;
		}
		if (answer == CONTINUE)
			ret = notif_continue(listener, notif.id);
		else if (answer == ADDFD)
			ret = answer_addfd(listener, notif.id);
		else
			ret = answer_injected(call, listener, &notif);
		if (ret)
			fail("answer");
	}
}

/*
 * Times of single calls, in run->times. The first @before are answered with
 * CONTINUE.
 */
static void run_notify(const struct run *run, unsigned long flags, int before,
		       enum answer answer)
{
	struct target t;

	if (target_start(&t, &run->call->nr, 1, flags, target, (void *)run))
		die("target");
	same_cpu(t.listener);
	supervise(run->call, t.listener, before, CONTINUE);
	supervise(run->call, t.listener, run->rounds - before, answer);
	if (target_wait(&t))
		fail("target");
}

#ifdef __x86_64__
/*
 * The same by ptrace: the tracer puts the request below the stack's red zone
 * and points the call there.
 */
static void trace_one(const struct call *call, pid_t pid)
{
	struct user_regs_struct regs;
	struct iovec iov = { &regs, sizeof(regs) };
	struct seccomp_notif_inject inj;
	__u64 args[6] = {}, base, i;
	long word;

	if (ptrace(PTRACE_GETREGSET, pid, 1 /* NT_PRSTATUS */, &iov))
		die("PTRACE_GETREGSET");
	args[0] = regs.rdi;
	args[1] = regs.rsi;
	args[2] = regs.rdx;
	if (!decide(call, pid, args))
		fail("decide");
	base = (regs.rsp - PAYLOAD_MAX - 4096) & ~15UL;
	make_request(call, args, base, &inj);
	for (i = 0; i < inj.buf_size; i += sizeof(word)) {
		memcpy(&word, buf + i, sizeof(word));
		if (ptrace(PTRACE_POKEDATA, pid, base + i, word))
			die("PTRACE_POKEDATA");
	}
	regs.rdi = inj.args[0];
	regs.rsi = inj.args[1];
	regs.rdx = inj.args[2];
	if (ptrace(PTRACE_SETREGSET, pid, 1, &iov))
		die("PTRACE_SETREGSET");
}

static int traced_target(const struct run *run)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (ptrace(PTRACE_TRACEME, 0, 0, 0))
		die("PTRACE_TRACEME");
	raise(SIGSTOP);
	if (filter_install1(run->call->nr, SECCOMP_RET_TRACE, 0))
		die("filter");
	return target((void *)run);
}

static void run_ptrace(const struct run *run)
{
	pid_t pid, stopped;
	int status;

	fflush(NULL);
	pid = fork();
	if (!pid)
		_exit(traced_target(run));
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		die("waitpid");
	/* The child that execve() is called in has to be traced too. */
	if (ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP |
		   PTRACE_O_EXITKILL | PTRACE_O_TRACEVFORK))
		die("PTRACE_SETOPTIONS");
	ptrace(PTRACE_CONT, pid, 0, 0);
	do {
		stopped = waitpid(-1, &status, __WALL);
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8))
			trace_one(run->call, stopped);
		if (WIFSTOPPED(status))
			ptrace(PTRACE_CONT, stopped, 0, 0);
	} while (stopped > 0 && (stopped != pid || WIFSTOPPED(status)));
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail("traced target");
}
#else
static void run_ptrace(const struct run *run)
{
	memset(run->times, 0, run->rounds * sizeof(*run->times));
}
#endif

static __u64 measure(const struct call *call, unsigned long flags,
		     enum answer answer)
{
	struct run run = { call, rounds, shared_memory(ROUNDS_MAX * 8) };
	__u64 result;

	if (answer == PTRACE) {
		/* Each takes up to a thousand times as long. */
		run.rounds = 1 + rounds / 32;
		run_ptrace(&run);
	} else {
		run_notify(&run, flags, 0, answer);
	}
	result = two_cpus ? median(run.times, run.rounds) :
			    least(run.times, run.rounds);
	munmap(run.times, ROUNDS_MAX * 8);
	return result;
}

/* The table */

static void row(const char *what, const char *how, __u64 t, __u64 base)
{
	printf("%-16s %-28s %9llu  %6.3f\n", what, how, t,
	       base ? (double)t / base : 0);
	fflush(stdout);
}

static double compare_answers(const struct call *call)
{
	__u64 base = measure(call, INJECT_LISTENER, CONTINUE);
	__u64 injected = measure(call, INJECT_LISTENER, INJECTED);

	row(call->name, "CONTINUE", base, base);
	row(call->name, "INJECTED", injected, base);
	row(call->name, "INJECTED, by ptrace rights",
	    measure(call, SECCOMP_FILTER_FLAG_NEW_LISTENER, INJECTED), base);
	if (call->nr == __NR_openat)
		row(call->name, "ADDFD, supervisor opens",
		    measure(call, INJECT_LISTENER, ADDFD), base);
	row(call->name, "ptrace substitution",
	    measure(call, 0, PTRACE), base);
	return (double)injected / base;
}

/*
 * On two processors, by the clock: CONTINUE and INJECTED in turn, so that what
 * slows down the machine for a while slows down both. The median of the ratios.
 */
static void compare_times(const struct call *call)
{
	__u64 ratios[TURNS];
	int i;

	for (i = 0; i < TURNS; i++) {
		__u64 base = measure(call, INJECT_LISTENER, CONTINUE);

		ratios[i] = measure(call, INJECT_LISTENER, INJECTED) * 1000 / base;
	}
	printf("%-16s %6.3f\n", call->name, median(ratios, TURNS) / 1000.0);
	fflush(stdout);
}

/* The first substituted call of a task that is warm, where its area is made. */
static void first_call(void)
{
	struct run run = { &calls[0], 5, shared_memory(5 * 8) };
	const int before = 3;

	run_notify(&run, INJECT_LISTENER, before, INJECTED);
	row("first openat", "CONTINUE", run.times[before - 1],
	    run.times[before - 1]);
	row("first openat", "INJECTED", run.times[before],
	    run.times[before - 1]);
	munmap(run.times, 5 * 8);
}

/* Threads that are all alive, each injected in turn. */

struct turns {
	int threads;
	int calls;	/* of each thread */
	int mappings;
	__u64 *times;
};

#define CALLS_A_THREAD 128

static struct thread {
	pthread_t id;
	pthread_mutex_t turn;
	int calls;
	__u64 times[CALLS_A_THREAD];
} threads[64];

static void *thread(void *arg)
{
	struct thread *t = arg;
	struct run run = { &calls[0], t->calls, t->times };

	pthread_mutex_lock(&t->turn);
	return (void *)(long)target(&run);
}

static int threads_target(void *arg)
{
	const struct turns *turns = arg;
	void *ret;
	int i;

	/* Alternating, or they would be merged into one. */
	for (i = 0; i < turns->mappings; i++)
		if (mmap(NULL, 4096, i & 1 ? PROT_READ : PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
			return 1;
	for (i = 0; i < turns->threads; i++) {
		threads[i].calls = turns->calls;
		pthread_mutex_init(&threads[i].turn, NULL);
		pthread_mutex_lock(&threads[i].turn);
		if (pthread_create(&threads[i].id, NULL, thread, &threads[i]))
			return 1;
	}
	for (i = 0; i < turns->threads; i++) {
		pthread_mutex_unlock(&threads[i].turn);
		if (pthread_join(threads[i].id, &ret) || ret)
			return 1;
		memcpy(turns->times + i * turns->calls, threads[i].times,
		       turns->calls * sizeof(*turns->times));
	}
	return 0;
}

static __u64 in_turn(int n, int mappings, enum answer answer)
{
	struct turns turns = {
		.threads = n,
		.calls = ROUNDS_MAX / (n < 8 ? 8 : n),
		.mappings = mappings,
		.times = shared_memory(ROUNDS_MAX * 8),
	};
	struct target t;
	__u64 result;

	if (target_start(&t, &calls[0].nr, 1, INJECT_LISTENER, threads_target,
			 &turns))
		die("target");
	same_cpu(t.listener);
	supervise(&calls[0], t.listener, n * turns.calls, answer);
	if (target_wait(&t))
		fail("threads");
	result = least(turns.times, n * turns.calls);
	munmap(turns.times, ROUNDS_MAX * 8);
	return result;
}

static void scaling(void)
{
	char what[32];
	int n;

	for (n = 1; n <= 64; n *= 2) {
		snprintf(what, sizeof(what), "%d thread%s", n, n > 1 ? "s" : "");
		row(what, "INJECTED", in_turn(n, 0, INJECTED),
		    in_turn(n, 0, CONTINUE));
	}
	row("10000 mappings", "INJECTED", in_turn(1, 10000, INJECTED),
	    in_turn(1, 10000, CONTINUE));
}

/* Calls of a task with a filter that nobody ever injects into. */
static void untouched(void)
{
	static const struct call getppid_call = {
		"getppid", __NR_getppid, .make = NULL
	};
	__u64 t[ROUNDS_MAX], start;
	long fd;
	int i;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (filter_install1(__NR_uname, SECCOMP_RET_ERRNO, 0))
		die("filter");
	for (i = 0; i < rounds; i++) {
		start = now();
		syscall(getppid_call.nr);
		t[i] = now() - start;
	}
	printf("untouched getppid %llu\n", least(t, rounds));
	for (i = 0; i < rounds; i++) {
		start = now();
		fd = make_openat(NULL);
		t[i] = now() - start;
		close(fd);
	}
	printf("untouched openat %llu\n", least(t, rounds));
}

/*
 * Who runs when both can would decide about a thousand instructions: let the
 * supervisor run whenever it has something to do, and the target when it waits.
 */
static void be_first(void)
{
	struct sched_param param = { .sched_priority = 1 };

	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param))
		die("sched_setscheduler");
}

static void prepare(void)
{
	int fd = open(PATH, O_CREAT | O_RDWR, 0600);

	file = open("/tmp/bench.file", O_CREAT | O_RDWR, 0600);
	peer = socket(AF_UNIX, SOCK_DGRAM, 0);
	sock = socket(AF_UNIX, SOCK_DGRAM, 0);
	unlink(SOCKET);
	if (fd < 0 || file < 0 || sock < 0 ||
	    bind(peer, (struct sockaddr *)&name, sizeof(name)))
		die("prepare");
	close(fd);
}

/* All figures. Returns what INJECTED costs of CONTINUE for openat. */
static double compare_all(void)
{
	double ratio;
	unsigned int i;

	be_first();
	printf("%-16s %-28s %9s  %s\n", "call", "answer", "cost",
	       "of CONTINUE's");
	ratio = compare_answers(&calls[0]);
	for (i = 1; i < ARRAY_SIZE(calls); i++)
		compare_answers(&calls[i]);
	first_call();
	scaling();
	return ratio;
}

static void compare_all_times(void)
{
	unsigned int i;

	two_cpus = true;
	printf("%-16s %s\n", "call", "INJECTED's time, of CONTINUE's");
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		compare_times(&calls[i]);
}

static const struct call *find_call(const char *wanted)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (!strcmp(wanted, calls[i].name))
			return &calls[i];
	return NULL;
}

static void only_one(const struct call *call, const char *answer)
{
	be_first();
	row(call->name, answer,
	    measure(call, INJECT_LISTENER,
		    strcmp(answer, "INJECTED") ? CONTINUE : INJECTED), 0);
}

static void usage(void)
{
	printf("usage: seccomp_inject_benchmark [-r ROUNDS] [-m RATIO | -t | -u |\n"
	       "       -o ANSWER [-c CALL]]\n"
	       "-r  round trips for each figure, up to %d\n"
	       "-m  fail if INJECTED costs more than RATIO of CONTINUE for openat\n"
	       "-t  the time of INJECTED in proportion to CONTINUE's, on two processors\n"
	       "-u  only what a task pays that nobody injects into; any kernel\n"
	       "-o  only one call, answered CONTINUE or INJECTED\n"
	       "-c  which, if not openat, as the table of all names it\n",
	       ROUNDS_MAX);
}

int main(int argc, char *argv[])
{
	double ratio, most = 0;
	const struct call *call = &calls[0];
	const char *answer = NULL;
	int mode = 0, c;

	if (argc == 1 && !strcmp(argv[0], "exit"))
		return 0;
	while ((c = getopt(argc, argv, "hr:m:tuo:c:")) != -1) {
		switch (c) {
		case 'r':
			rounds = atoi(optarg);
			break;
		case 'm':
			most = atof(optarg);
			break;
		case 'c':
			call = find_call(optarg);
			break;
		case 'o':
			answer = optarg;
			mode = c;
			break;
		case 't':
		case 'u':
			mode = c;
			break;
		default:
			return usage(), c != 'h';
		}
	}
	if (rounds < 1 || rounds > ROUNDS_MAX || !call)
		return usage(), 1;
	prepare();
	if (mode == 'u') {
		untouched();
		return failures != 0;
	}
	if (!inject_supported()) {
		printf("this kernel does not substitute calls\n");
		return 4;
	}
	if (mode == 't') {
		compare_all_times();
		return failures != 0;
	}
	if (mode == 'o') {
		only_one(call, answer);
		return failures != 0;
	}
	ratio = compare_all();
	if (most && ratio > most) {
		printf("openat costs %.3f of CONTINUE, more than %.3f\n", ratio,
		       most);
		failures++;
	}
	return failures != 0;
}
