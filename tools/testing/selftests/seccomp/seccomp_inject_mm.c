// SPDX-License-Identifier: GPL-2.0
/*
 * Substituted system calls: the mapping in the target's address space from
 * which the call reads, and what the target can try to do to it.
 *
 * In every target getppid() is the call that traps, so that it can look at
 * itself and attack with all the others.
 */
#include "seccomp_inject_mm.h"

#include <elf.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <sys/ipc.h>
#include <sys/procfs.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "../kselftest_harness.h"

#ifndef __NR_mseal
#define __NR_mseal 462
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif
#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif
#ifndef SO_ZEROCOPY
#define SO_ZEROCOPY 60
#endif

static const int trapped = __NR_getppid;

static long page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

/* An area: the largest buffer, and a page that is never there. */
#define AREA_SIZE	(SECCOMP_NOTIF_INJECT_BUF_MAX + page_size())

/*
 * Leave address space that only an area fits into, between two pages of ours:
 * the first place where the kernel finds room for both has it.
 */
static char *make_hole(void)
{
	char *p = map_private(AREA_SIZE + 2 * page_size());

	if (p == MAP_FAILED || munmap(p + page_size(), AREA_SIZE))
		return MAP_FAILED;
	return p + page_size();
}

static long trap(void)
{
	return syscall(trapped);
}

/* Start a target with consent to injection. */
static int start(struct target *t, int (*fn)(void *), void *arg)
{
	return target_start(t, &trapped, 1, INJECT_LISTENER, fn, arg);
}

/* Answer the next notification with @inj. */
static int inject_next(struct target *t, struct seccomp_notif_inject *inj)
{
	struct seccomp_notif notif;

	if (notif_recv(t->listener, &notif))
		return -1;
	return notif_inject(t->listener, notif.id, inj);
}

/* ---- Attacks by system calls ---- */

/* What an attack may end with, other than with one errno. */
#define ANY	(-1)	/* harmless if it succeeds */
#define FAILS	(-2)	/* any errno */

/* Arguments of attacks that are known only to the target. */
#define TOKEN(n)	(0x7a51000000000000ULL | (n))
enum {
	T_ADDR, T_LEN, T_LONGER, T_PAGE, T_LAST, T_BELOW, T_BELOW_LEN, T_MINE,
	T_ELSEWHERE, T_SELF, T_PIDFD, T_MEMFD, T_SHMID, T_ZERO, T_SELFMEM,
	T_DATA, T_IOV, T_MINE_IOV, T_PIPE_R, T_PIPE_W, T_TCP, T_DIRECT, T_RING,
	T_AIO, T_UFFD, T_REG_MISSING, T_REG_WP, T_REG_MINOR, T_COPY,
	T_ZEROPAGE, T_WP, T_CONTINUE, T_NAME, T_SWEEP, T_COUNT
};

#define ADDR		TOKEN(T_ADDR)
#define LEN		TOKEN(T_LEN)
#define LONGER		TOKEN(T_LONGER)		/* LEN and a page */
#define PAGE		TOKEN(T_PAGE)
#define LAST		TOKEN(T_LAST)		/* last page of the area */
#define BELOW		TOKEN(T_BELOW)		/* our page below the area */
#define BELOW_LEN	TOKEN(T_BELOW_LEN)	/* that one and the area */
#define MINE		TOKEN(T_MINE)		/* a page of ours */
#define ELSEWHERE	TOKEN(T_ELSEWHERE)	/* LEN of address space */
#define SWEEP		TOKEN(T_SWEEP)		/* each of 0 to 127 */

#define RW		(PROT_READ | PROT_WRITE)
#define FIXED_ANON	(MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS)
#define MOVE_TO		(MREMAP_MAYMOVE | MREMAP_FIXED)

static const struct attack {
	const char *name;
	int nr;
	int err;
	__u64 args[6];
} attacks[] = {
	/* Remove it */
	{ "munmap", __NR_munmap, EPERM, { ADDR, LEN } },
	{ "munmap first page", __NR_munmap, EPERM, { ADDR, PAGE } },
	{ "munmap last page", __NR_munmap, EPERM, { LAST, PAGE } },
	{ "munmap more than it", __NR_munmap, EPERM, { BELOW, BELOW_LEN } },
	/* Move it or something over it */
	{ "mremap grow", __NR_mremap, EPERM, { ADDR, LEN, LONGER, 0 } },
	{ "mremap grow, move", __NR_mremap, EPERM,
	  { ADDR, LEN, LONGER, MREMAP_MAYMOVE } },
	{ "mremap shrink", __NR_mremap, EPERM, { ADDR, LEN, PAGE, 0 } },
	{ "mremap away", __NR_mremap, EPERM,
	  { ADDR, LEN, LEN, MOVE_TO, ELSEWHERE } },
	{ "mremap DONTUNMAP", __NR_mremap, EPERM,
	  { ADDR, LEN, LEN, MREMAP_MAYMOVE | MREMAP_DONTUNMAP } },
	{ "mremap copy", __NR_mremap, EPERM, { ADDR, 0, PAGE, MREMAP_MAYMOVE } },
	{ "mremap onto", __NR_mremap, EPERM, { MINE, PAGE, PAGE, MOVE_TO, ADDR } },
	{ "mremap onto last page", __NR_mremap, EPERM,
	  { MINE, PAGE, PAGE, MOVE_TO, LAST } },
	{ "mmap over", __NR_mmap, EPERM, { ADDR, LEN, RW, FIXED_ANON, -1, 0 } },
	{ "mmap over last page", __NR_mmap, EPERM,
	  { LAST, PAGE, RW, FIXED_ANON, -1, 0 } },
	{ "mmap over more than it", __NR_mmap, EPERM,
	  { BELOW, BELOW_LEN, RW, FIXED_ANON, -1, 0 } },
	{ "mmap over, no replace", __NR_mmap, EEXIST,
	  { ADDR, LEN, RW, FIXED_ANON | MAP_FIXED_NOREPLACE, -1, 0 } },
	{ "mmap memfd over", __NR_mmap, EPERM,
	  { ADDR, PAGE, RW, MAP_SHARED | MAP_FIXED, TOKEN(T_MEMFD), 0 } },
	{ "shmat over", __NR_shmat, EPERM, { TOKEN(T_SHMID), ADDR, SHM_REMAP } },
	{ "remap_file_pages", __NR_remap_file_pages, FAILS, { ADDR, PAGE } },
	/* Change what it is */
	{ "mprotect none", __NR_mprotect, EPERM, { ADDR, LEN, PROT_NONE } },
	{ "mprotect read", __NR_mprotect, EPERM, { ADDR, LEN, PROT_READ } },
	{ "mprotect write", __NR_mprotect, EACCES, { ADDR, LEN, PROT_WRITE } },
	{ "mprotect rw", __NR_mprotect, EACCES, { ADDR, LEN, RW } },
	{ "mprotect exec", __NR_mprotect, EACCES, { ADDR, LEN, RW | PROT_EXEC } },
	{ "mprotect last page", __NR_mprotect, EACCES, { LAST, PAGE, RW } },
	{ "pkey_mprotect", __NR_pkey_mprotect, FAILS, { ADDR, LEN, RW, -1 } },
	{ "pkey_mprotect 0", __NR_pkey_mprotect, FAILS, { ADDR, LEN, RW, 0 } },
	{ "mseal", __NR_mseal, ANY, { ADDR, LEN, 0 } },
	{ "madvise", __NR_madvise, ANY, { ADDR, LEN, SWEEP } },
	{ "madvise HWPOISON", __NR_madvise, FAILS, { ADDR, PAGE, 100 } },
	{ "madvise DONTNEED", __NR_madvise, FAILS, { ADDR, LEN, MADV_DONTNEED } },
	{ "madvise DODUMP", __NR_madvise, FAILS, { ADDR, LEN, MADV_DODUMP } },
	{ "madvise DOFORK", __NR_madvise, FAILS, { ADDR, LEN, MADV_DOFORK } },
	{ "process_madvise", __NR_process_madvise, ANY,
	  { TOKEN(T_PIDFD), TOKEN(T_IOV), 1, SWEEP, 0 } },
	{ "mlock", __NR_mlock, ANY, { ADDR, LEN } },
	{ "mlock2", __NR_mlock2, ANY, { ADDR, LEN, 1 } },
	{ "mlockall", __NR_mlockall, ANY, { 1 | 4 } },
	{ "munlock", __NR_munlock, ANY, { ADDR, LEN } },
	{ "munlockall", __NR_munlockall, ANY, { } },
	{ "mbind", __NR_mbind, ANY, { ADDR, LEN, 0, 0, 0, 7 } },
	{ "set_mempolicy", __NR_set_mempolicy, ANY, { 0, 0, 0 } },
	{ "move_pages", __NR_move_pages, ANY,
	  { 0, 1, TOKEN(T_IOV), TOKEN(T_DATA), MINE, 4 } },
	{ "KSM", __NR_prctl, ANY, { PR_SET_MEMORY_MERGE, 1 } },
	{ "KSM off", __NR_prctl, ANY, { PR_SET_MEMORY_MERGE, 0 } },
	{ "PR_SET_VMA_ANON_NAME", __NR_prctl, FAILS,
	  { PR_SET_VMA, PR_SET_VMA_ANON_NAME, ADDR, LEN, TOKEN(T_NAME) } },
	/* Make its faults or pages ours */
	{ "userfaultfd missing", __NR_ioctl, FAILS,
	  { TOKEN(T_UFFD), UFFDIO_REGISTER, TOKEN(T_REG_MISSING) } },
	{ "userfaultfd wp", __NR_ioctl, FAILS,
	  { TOKEN(T_UFFD), UFFDIO_REGISTER, TOKEN(T_REG_WP) } },
	{ "userfaultfd minor", __NR_ioctl, FAILS,
	  { TOKEN(T_UFFD), UFFDIO_REGISTER, TOKEN(T_REG_MINOR) } },
	{ "UFFDIO_COPY", __NR_ioctl, FAILS,
	  { TOKEN(T_UFFD), UFFDIO_COPY, TOKEN(T_COPY) } },
	{ "UFFDIO_ZEROPAGE", __NR_ioctl, FAILS,
	  { TOKEN(T_UFFD), UFFDIO_ZEROPAGE, TOKEN(T_ZEROPAGE) } },
	{ "UFFDIO_WRITEPROTECT", __NR_ioctl, FAILS,
	  { TOKEN(T_UFFD), UFFDIO_WRITEPROTECT, TOKEN(T_WP) } },
	{ "UFFDIO_CONTINUE", __NR_ioctl, FAILS,
	  { TOKEN(T_UFFD), UFFDIO_CONTINUE, TOKEN(T_CONTINUE) } },
	/* Write it through the kernel */
	{ "read into", __NR_read, EFAULT, { TOKEN(T_ZERO), ADDR, 8 } },
	{ "getrandom into", __NR_getrandom, EFAULT, { ADDR, 8, 0 } },
	{ "clock_gettime into", __NR_clock_gettime, EFAULT, { 0, ADDR } },
	{ "vmsplice into", __NR_vmsplice, ANY,
	  { TOKEN(T_PIPE_R), TOKEN(T_IOV), 1, SPLICE_F_NONBLOCK } },
	{ "futex LOCK_PI", __NR_futex, EFAULT, { ADDR, 6 } },
	{ "/proc/self/mem", __NR_pwrite64, FAILS,
	  { TOKEN(T_SELFMEM), TOKEN(T_DATA), 8, ADDR } },
	{ "process_vm_writev", __NR_process_vm_writev, EFAULT,
	  { TOKEN(T_SELF), TOKEN(T_MINE_IOV), 1, TOKEN(T_IOV), 1, 0 } },
	/* Hold on to its pages */
	{ "process_vm_readv", __NR_process_vm_readv, EFAULT,
	  { TOKEN(T_SELF), TOKEN(T_MINE_IOV), 1, TOKEN(T_IOV), 1, 0 } },
	{ "vmsplice", __NR_vmsplice, EFAULT,
	  { TOKEN(T_PIPE_W), TOKEN(T_IOV), 1, 0 } },
	{ "vmsplice GIFT", __NR_vmsplice, EFAULT,
	  { TOKEN(T_PIPE_W), TOKEN(T_IOV), 1, SPLICE_F_GIFT } },
	{ "MSG_ZEROCOPY", __NR_sendto, EFAULT,
	  { TOKEN(T_TCP), ADDR, PAGE, MSG_ZEROCOPY } },
	{ "O_DIRECT", __NR_pwrite64, EFAULT,
	  { TOKEN(T_DIRECT), ADDR, PAGE, 0 } },
	{ "io_uring buffer", __NR_io_uring_register, EFAULT,
	  { TOKEN(T_RING), IORING_REGISTER_BUFFERS, TOKEN(T_IOV), 1 } },
};

#define ATTACKS		((int)ARRAY_SIZE(attacks))
#define SWEEP_END	128

#define PAYLOAD		(5 * 4096 + 123)

/**
 * struct arena - shared by a test and its target
 * @in_call: the target is attacked while a call is in flight, not between calls
 * @pipe: what the calls write to
 * @want: what the area holds meanwhile
 * @result: errno of each attack, or 0, and whether the area survived it
 * @stored: a store to it did not fault, or changed it
 * @read_back: it could be read
 * @neighbours_kept: so did the pages before and behind the area
 * @broken: what the target could not get, or NULL
 * @done: the target has done its part
 * @tid: of a thread of the target's
 * @forked: what became of its child
 * @area: the target's area
 * @hole: address at which it had to be
 * @vals: what the tokens in the table stand for
 */
struct arena {
	bool in_call;
	int pipe[2];
	char want[PAYLOAD];

	struct attack_result {
		int err;
		bool intact;
	} result[ATTACKS];
	bool stored, read_back, neighbours_kept;
	const char *broken;
	_Atomic bool done;
	_Atomic pid_t tid;
	_Atomic int forked;

	struct area area;
	char *hole;
	__u64 vals[T_COUNT];
};

static __u64 attack_arg(const struct arena *w, __u64 arg)
{
	if ((arg ^ TOKEN(0)) < T_COUNT)
		return w->vals[arg ^ TOKEN(0)];
	return arg;
}

static bool area_intact(const struct arena *w)
{
	struct area now = area_find(getpid());

	return now.count == 1 && !strcmp(now.line, w->area.line) &&
	       !memcmp((void *)w->area.start, w->want, PAYLOAD);
}

static bool has_sweep(const struct attack *a)
{
	int i;

	for (i = 0; i < 6; i++)
		if (a->args[i] == SWEEP)
			return true;
	return false;
}

/* Returns 0 or an errno. */
static int attack_once(const struct arena *w, const struct attack *a)
{
	__u64 v[6];
	int i;

	for (i = 0; i < 6; i++)
		v[i] = attack_arg(w, a->args[i]);
	return syscall(a->nr, v[0], v[1], v[2], v[3], v[4], v[5]) == -1 ?
		errno : 0;
}

static void attack(struct arena *w, int n)
{
	const struct attack *a = &attacks[n];
	int sweep, end = has_sweep(a) ? SWEEP_END : 1;

	w->result[n].intact = true;
	for (sweep = 0; sweep < end; sweep++) {
		w->vals[T_SWEEP] = sweep;
		w->result[n].err = attack_once(w, a);
		if (!area_intact(w))
			w->result[n].intact = false;
	}
}

static __thread sigjmp_buf fault_env;
static __thread _Atomic bool fault_armed;

static void on_fault(int sig)
{
	if (fault_armed)
		siglongjmp(fault_env, sig);
	_exit(99);
}

static void catch_faults(void)
{
	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
}

/* The signal that a load from or a store to @p gives, or 0. */
static int touch(char *p, bool store)
{
	int sig = sigsetjmp(fault_env, 1);

	if (!sig) {
		fault_armed = true;
		if (store)
			__atomic_store_n(p, 'X', __ATOMIC_RELAXED);
		else
			__atomic_load_n(p, __ATOMIC_RELAXED);
	}
	fault_armed = false;
	return sig;
}

static void attack_all(struct arena *w)
{
	char *last = (char *)w->area.end - 1;
	int i;

	for (i = 0; i < ATTACKS; i++)
		attack(w, i);
	w->stored = touch((char *)w->area.start, true) != SIGSEGV ||
		    touch(last, true) == 0 || touch(last, false) != SIGBUS ||
		    !area_intact(w);
	w->read_back = touch((char *)w->area.start, false) == 0;
	w->neighbours_kept = w->hole[-1] == 'B' &&
			     *(char *)w->area.end == 'A';
	w->done = true;
}

static int make_tcp(void)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(addr);
	int one = 1, server = socket(AF_INET, SOCK_STREAM, 0);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(server, (void *)&addr, len) || listen(server, 1) ||
	    getsockname(server, (void *)&addr, &len) ||
	    connect(fd, (void *)&addr, len) ||
	    setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)))
		return -1;
	return fd;
}

static int make_ring(void)
{
	struct io_uring_params p = { 0 };

	return syscall(__NR_io_uring_setup, 4, &p);
}

static int make_uffd(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC);

	if (fd >= 0 && ioctl(fd, UFFDIO_API, &api))
		return -1;
	return fd;
}

#define OBJECT(token, make)						\
do {									\
	long got_ = (long)(make);					\
	if (got_ == -1)							\
		w->broken = #make;					\
	w->vals[T_##token] = got_;					\
} while (0)

/* What does not depend on the area. */
static void prepare(struct arena *w)
{
	int fds[2];

	OBJECT(PAGE, page_size());
	OBJECT(MINE, map_private(page_size()));
	OBJECT(SELF, getpid());
	OBJECT(PIDFD, syscall(__NR_pidfd_open, getpid(), 0));
	OBJECT(MEMFD, syscall(__NR_memfd_create, "m", 0));
	if (ftruncate(w->vals[T_MEMFD], page_size()))
		w->broken = "ftruncate";
	OBJECT(SHMID, shmget(IPC_PRIVATE, page_size(), IPC_CREAT | 0600));
	OBJECT(ZERO, open("/dev/zero", O_RDONLY));
	OBJECT(SELFMEM, open("/proc/self/mem", O_RDWR));
	OBJECT(DATA, strdup("attacked"));
	OBJECT(NAME, strdup("name"));
	OBJECT(TCP, make_tcp());
	OBJECT(DIRECT, open("/dev/ram1", O_RDWR | O_DIRECT));
	OBJECT(RING, make_ring());
	OBJECT(UFFD, make_uffd());
	OBJECT(BELOW, make_hole());
	w->hole = (void *)w->vals[T_BELOW];
	w->hole[-1] = 'B';
	w->hole[AREA_SIZE] = 'A';
	if (pipe(fds))
		w->broken = "pipe";
	w->vals[T_PIPE_R] = fds[0];
	w->vals[T_PIPE_W] = fds[1];
}

static void *new_object(const void *from, size_t size)
{
	return memcpy(malloc(size), from, size);
}

#define NEW(type, ...)							\
({									\
	type new_ = { __VA_ARGS__ };					\
									\
	new_object(&new_, sizeof(new_));				\
})

/* What does. */
static void prepare_area(struct arena *w)
{
	__u64 start, len;

	w->area = area_find(getpid());
	start = w->area.start;
	len = w->area.end - start;
	w->vals[T_ADDR] = start;
	w->vals[T_LEN] = len;
	w->vals[T_LONGER] = len + page_size();
	w->vals[T_LAST] = start + len - page_size();
	w->vals[T_BELOW] = start - page_size();
	w->vals[T_BELOW_LEN] = len + page_size();
	if (w->hole != (void *)start)
		w->broken = "area in the hole";
	OBJECT(ELSEWHERE, mmap(NULL, len, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	OBJECT(IOV, NEW(struct iovec, (void *)start, page_size()));
	OBJECT(MINE_IOV, NEW(struct iovec, (void *)w->vals[T_MINE], page_size()));
	OBJECT(REG_MISSING, NEW(struct uffdio_register, { start, len },
				UFFDIO_REGISTER_MODE_MISSING));
	OBJECT(REG_WP, NEW(struct uffdio_register, { start, len },
			   UFFDIO_REGISTER_MODE_WP));
	OBJECT(REG_MINOR, NEW(struct uffdio_register, { start, len },
			      UFFDIO_REGISTER_MODE_MINOR));
	OBJECT(COPY, NEW(struct uffdio_copy, start, w->vals[T_MINE], page_size()));
	OBJECT(ZEROPAGE, NEW(struct uffdio_zeropage, { start, page_size() }));
	OBJECT(WP, NEW(struct uffdio_writeprotect, { start, page_size() },
		       UFFDIO_WRITEPROTECT_MODE_WP));
	OBJECT(CONTINUE, NEW(struct uffdio_continue, { start, page_size() }));
}

static void *attacker(void *arg)
{
	struct arena *w = arg;

	/* The bytes are in place before the call runs. */
	while (memcmp((void *)w->area.start, w->want, PAYLOAD))
		usleep(100);
	attack_all(w);
	return NULL;
}

static int attacked_target(void *arg)
{
	struct arena *w = arg;
	pthread_t thread;

	catch_faults();
	prepare(w);
	if (trap() != PAYLOAD)
		return 1;
	prepare_area(w);
	if (w->broken)
		return 2;
	if (!w->in_call) {
		attack_all(w);
	} else {
		if (pthread_create(&thread, NULL, attacker, w))
			return 3;
		if (trap() != PAYLOAD)
			return 4;
		pthread_join(thread, NULL);
	}
	return trap() == 1 ? 0 : 5;
}

static void fill(char *p, size_t len, unsigned int seed)
{
	while (len--)
		*p++ = 'a' + (seed++ * 7 + len / 26) % 26;
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

static bool read_all(int fd, char *p, size_t len)
{
	ssize_t n;

	while (len) {
		n = read(fd, p, len);
		if (n <= 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

/* Value of a field of the area's entry in smaps, false if there is none. */
static bool smaps_flags(pid_t pid, char *flags, size_t size)
{
	bool ours = false, found = false;
	char path[32], line[512];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (strstr(line, AREA_NAME)) {
			ours = true;
		} else if (ours && !strncmp(line, "VmFlags:", 8)) {
			/* " rd mr": each between blanks */
			snprintf(flags, size, "%s", line + 8);
			flags[strcspn(flags, "\n")] = ' ';
			found = true;
			ours = false;
		}
	}
	if (f)
		fclose(f);
	return found;
}

static void expect_flags(struct __test_metadata *_metadata, pid_t pid)
{
	static const char must[][5] = {
		" rd ", " mr ", " pf ", " io ", " dc ", " dd ", " sl ",
	};
	static const char must_not[][5] = {
		" wr ", " ex ", " sh ", " mw ", " me ", " ms ", " lo ", " gd ",
		" ac ", " ht ", " mg ", " um ", " uw ", " ui ", " wf ",
	};
	char flags[512] = "";
	size_t i;

	ASSERT_TRUE(smaps_flags(pid, flags, sizeof(flags)));
	for (i = 0; i < ARRAY_SIZE(must); i++)
		EXPECT_TRUE(!!strstr(flags, must[i]))
			TH_LOG("no%sin VmFlags:%s", must[i], flags);
	for (i = 0; i < ARRAY_SIZE(must_not); i++)
		EXPECT_FALSE(!!strstr(flags, must_not[i]))
			TH_LOG("%sin VmFlags:%s", must_not[i], flags);
}

FIXTURE(attack) {
	struct arena *w;
	struct target t;
	char payload[PAYLOAD];
	char back[PAYLOAD];
};

FIXTURE_VARIANT(attack) {
	bool in_call;
};

FIXTURE_VARIANT_ADD(attack, idle) { .in_call = false };
FIXTURE_VARIANT_ADD(attack, in_call) { .in_call = true };

FIXTURE_SETUP(attack)
{
	REQUIRE_INJECT();
	self->w = map_shared(sizeof(*self->w));
	ASSERT_NE(MAP_FAILED, self->w);
	self->w->in_call = variant->in_call;
	fill(self->payload, PAYLOAD, 3);
	if (variant->in_call)
		memcpy(self->w->want, self->payload, PAYLOAD);
	ASSERT_EQ(0, pipe(self->w->pipe));
}

FIXTURE_TEARDOWN(attack)
{
	munmap(self->w, sizeof(*self->w));
}

static void expect_results(struct __test_metadata *_metadata, struct arena *w)
{
	int i, first;

	/* Once it is gone, all the others find it so. */
	for (first = 0; first < ATTACKS && w->result[first].intact;)
		first++;
	EXPECT_EQ(ATTACKS, first)
		TH_LOG("changed the area: %s", attacks[first].name);

	for (i = 0; i < ATTACKS; i++) {
		if (attacks[i].err == ANY)
			continue;
		if (attacks[i].err == FAILS) {
			EXPECT_NE(0, w->result[i].err)
				TH_LOG("succeeded: %s", attacks[i].name);
			continue;
		}
		EXPECT_EQ(attacks[i].err, w->result[i].err)
			TH_LOG("result of: %s", attacks[i].name);
	}
	EXPECT_FALSE(w->stored);
	EXPECT_TRUE(w->read_back);
	EXPECT_TRUE(w->neighbours_kept);
}

TEST_F_TIMEOUT(attack, system_calls, 240)
{
	struct arena *w = self->w;
	struct seccomp_notif_inject one, many;
	struct seccomp_notif notif;
	int filled;

	one = INJECT(__NR_write, 1, 0, "1", 1, w->pipe[1], 0, 1);
	many = INJECT(__NR_write, 1, 0, self->payload, PAYLOAD, w->pipe[1], 0,
		      PAYLOAD);

	ASSERT_EQ(0, start(&self->t, attacked_target, w));
	ASSERT_EQ(0, inject_next(&self->t, &many));
	ASSERT_TRUE(read_all(w->pipe[0], self->back, PAYLOAD));

	if (variant->in_call) {
		filled = fill_pipe(w->pipe[1]);
		ASSERT_EQ(0, inject_next(&self->t, &many));
		ASSERT_TRUE(wait_until(w->done));
		while (filled -= 4096)
			ASSERT_TRUE(read_all(w->pipe[0], self->back, 4096));
		ASSERT_TRUE(read_all(w->pipe[0], self->back, 4096));
		ASSERT_TRUE(read_all(w->pipe[0], self->back, PAYLOAD));
		EXPECT_EQ(0, memcmp(self->back, self->payload, PAYLOAD));
	}

	/* The target waits in its last call. */
	ASSERT_EQ(0, notif_recv(self->t.listener, &notif)) {
		TH_LOG("target ended with %d, missing: %s",
		       target_wait(&self->t), w->broken ?: "nothing");
	}
	expect_results(_metadata, w);
	expect_flags(_metadata, self->t.pid);
	EXPECT_EQ(1, area_find(self->t.pid).count);
	ASSERT_EQ(0, notif_inject(self->t.listener, notif.id, &one));
	EXPECT_EQ(0, target_wait(&self->t));
	shmctl(w->vals[T_SHMID], IPC_RMID, NULL);
}

/* ---- Attacks by others ---- */

static void *idler(void *arg)
{
	struct arena *w = arg;

	w->area = area_find(getpid());
	w->tid = gettid();
	w->done = true;
	for (;;)
		pause();
	return NULL;
}

static int watched_target(void *arg)
{
	struct arena *w = arg;
	pthread_t thread;

	if (trap() != PAYLOAD)
		return 1;
	if (pthread_create(&thread, NULL, idler, w))
		return 2;
	return trap() == PAYLOAD ? 0 : 3;
}

TEST_F(attack, ptracer)
{
	struct arena *w = self->w;
	struct seccomp_notif_inject many;
	struct iovec mine = { self->back, 8 }, its;
	int filled = 0, mem;
	char path[32];

	many = INJECT(__NR_write, 1, 0, self->payload, PAYLOAD, w->pipe[1], 0,
		      PAYLOAD);
	ASSERT_EQ(0, start(&self->t, watched_target, w));
	ASSERT_EQ(0, inject_next(&self->t, &many));
	ASSERT_TRUE(read_all(w->pipe[0], self->back, PAYLOAD));
	ASSERT_TRUE(wait_until(w->done));
	if (variant->in_call) {
		filled = fill_pipe(w->pipe[1]);
		ASSERT_EQ(0, inject_next(&self->t, &many));
		ASSERT_TRUE(wait_until(sleeps_in(self->t.pid, __NR_write)));
	}
	its = (struct iovec){ (void *)w->area.start, 8 };

	EXPECT_EQ(-1, process_vm_writev(self->t.pid, &mine, 1, &its, 1, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, process_vm_readv(self->t.pid, &mine, 1, &its, 1, 0));
	EXPECT_EQ(EFAULT, errno);

	snprintf(path, sizeof(path), "/proc/%d/mem", self->t.pid);
	mem = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, mem);
	EXPECT_EQ(-1, pwrite(mem, "attacked", 8, w->area.start));
	close(mem);

	ASSERT_EQ(0, ptrace(PTRACE_ATTACH, w->tid, 0, 0));
	ASSERT_EQ(w->tid, waitpid(w->tid, NULL, __WALL));
	EXPECT_EQ(-1, ptrace(PTRACE_POKEDATA, w->tid, w->area.start, 0x5a5a));
	EXPECT_EQ(0, ptrace(PTRACE_DETACH, w->tid, 0, 0));

	if (!variant->in_call)
		ASSERT_EQ(0, inject_next(&self->t, &many));
	for (; filled; filled -= 4096)
		ASSERT_TRUE(read_all(w->pipe[0], self->back, 4096));
	ASSERT_TRUE(read_all(w->pipe[0], self->back, PAYLOAD));
	EXPECT_EQ(0, memcmp(self->back, self->payload, PAYLOAD));
	EXPECT_EQ(0, target_wait(&self->t));
}

/* The break moved to just below the area, and to just above it. */
static int brk_target(void *arg)
{
	struct arena *w = arg;
	unsigned long hole = (unsigned long)make_hole(), end = hole + AREA_SIZE;

	if (trap() != 0)
		return 1;
	w->area = area_find(getpid());
	if (w->area.start != hole)
		return 2;
	if (prctl(PR_SET_MM, PR_SET_MM_BRK, hole, 0, 0) ||
	    prctl(PR_SET_MM, PR_SET_MM_START_BRK, hole, 0, 0))
		return 3;
	if (syscall(__NR_brk, hole + page_size()) != (long)hole)
		return 4;
	if (prctl(PR_SET_MM, PR_SET_MM_BRK, end, 0, 0))
		return 5;
	if (syscall(__NR_brk, hole) != (long)end)
		return 6;
	return trap() == 0 ? 0 : 7;
}

TEST(brk_does_not_reach_it)
{
	struct seccomp_notif_inject inj = INJECT(__NR_chdir, 0, 0, "/tmp", 5, 0);
	struct arena *w = map_shared(sizeof(*w));
	struct seccomp_notif notif;
	struct target t;
	struct area a;

	REQUIRE_INJECT();
	ASSERT_EQ(0, start(&t, brk_target, w));
	ASSERT_EQ(0, inject_next(&t, &inj));
	ASSERT_EQ(0, notif_recv(t.listener, &notif)) {
		TH_LOG("target ended with %d", target_wait(&t));
	}
	a = area_find(t.pid);
	EXPECT_EQ(1, a.count);
	EXPECT_STREQ(w->area.line, a.line);
	ASSERT_EQ(0, notif_inject(t.listener, notif.id, &inj));
	EXPECT_EQ(0, target_wait(&t));
}

/* ---- What the mapping is ---- */

static int trap_n(void *arg)
{
	long i, n = (long)arg;

	for (i = 0; i < n; i++)
		if (trap() != 0)
			return 1 + i;
	return 0;
}

TEST(mapping_is_read_only_and_sealed)
{
	struct seccomp_notif_inject inj = INJECT(__NR_chdir, 0, 0, "/tmp", 5, 0);
	struct seccomp_notif notif;
	struct target t;
	struct area a;
	long before;

	REQUIRE_INJECT();
	ASSERT_EQ(0, start(&t, trap_n, (void *)3));
	ASSERT_EQ(0, notif_recv(t.listener, &notif));
	EXPECT_EQ(0, area_find(t.pid).count);
	before = vm_pages(t.pid);
	ASSERT_EQ(0, notif_inject(t.listener, notif.id, &inj));

	ASSERT_EQ(0, notif_recv(t.listener, &notif));
	a = area_find(t.pid);
	EXPECT_EQ(1, a.count);
	EXPECT_EQ(AREA_SIZE, a.end - a.start);
	EXPECT_TRUE(!!strstr(a.line, " r--p 00000000 00:00 0 "))
		TH_LOG("%s", a.line);
	expect_flags(_metadata, t.pid);
	EXPECT_EQ(before + AREA_SIZE / page_size(), vm_pages(t.pid));
	ASSERT_EQ(0, notif_inject(t.listener, notif.id, &inj));

	ASSERT_EQ(0, notif_recv(t.listener, &notif));
	EXPECT_EQ(1, area_find(t.pid).count);
	EXPECT_EQ(before + AREA_SIZE / page_size(), vm_pages(t.pid));
	ASSERT_EQ(0, notif_inject(t.listener, notif.id, &inj));
	EXPECT_EQ(0, target_wait(&t));
}

TEST(no_mapping_without_a_pointer)
{
	struct seccomp_notif_inject inj = {
		.nr = __NR_fchmod,
		.args = { syscall(__NR_memfd_create, "m", 0), 0600 },
		.buf = PTR("unused"),
		.buf_size = 6,
	};
	struct seccomp_notif notif;
	struct target t;

	REQUIRE_INJECT();
	ASSERT_EQ(0, start(&t, trap_n, (void *)2));
	ASSERT_EQ(0, inject_next(&t, &inj));
	ASSERT_EQ(0, notif_recv(t.listener, &notif));
	EXPECT_EQ(0, area_find(t.pid).count);
	ASSERT_EQ(0, notif_inject(t.listener, notif.id, &inj));
	EXPECT_EQ(0, target_wait(&t));
}

static int locked_target(void *arg)
{
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		return 100;
	prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0);
	return trap_n((void *)2);
}

/* What is to hold for every later mapping does not hold for this one. */
TEST(mapping_is_not_locked_or_merged)
{
	struct seccomp_notif_inject inj = INJECT(__NR_chdir, 0, 0, "/tmp", 5, 0);
	struct seccomp_notif notif;
	struct target t;

	REQUIRE_INJECT();
	ASSERT_EQ(0, start(&t, locked_target, NULL));
	ASSERT_EQ(0, inject_next(&t, &inj));
	ASSERT_EQ(0, notif_recv(t.listener, &notif));
	expect_flags(_metadata, t.pid);
	ASSERT_EQ(0, notif_inject(t.listener, notif.id, &inj));
	EXPECT_EQ(0, target_wait(&t));
}

/* ---- Core dumps ---- */

#define CORE_PATTERN "/proc/sys/kernel/core_pattern"

static int set_core_pattern(const char *pattern, char *old, size_t size)
{
	int fd = open(CORE_PATTERN, O_RDWR | O_CLOEXEC), n;

	if (fd < 0)
		return -1;
	if (old) {
		n = read(fd, old, size - 1);
		old[n > 0 ? n : 0] = 0;
	}
	n = pwrite(fd, pattern, strlen(pattern), 0);
	close(fd);
	return n > 0 ? 0 : -1;
}

static void *dumper(void *arg)
{
	struct arena *w = arg;

	while (memcmp((void *)w->area.start, w->want, PAYLOAD))
		usleep(100);
	kill(getpid(), SIGABRT);
	return NULL;
}

static int dumping_target(void *arg)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct arena *w = arg;
	pthread_t thread;

	signal(SIGABRT, SIG_DFL);
	if (setrlimit(RLIMIT_CORE, &all) || trap() != PAYLOAD)
		return 1;
	w->area = area_find(getpid());
	if (!w->in_call)
		dumper(w);
	if (pthread_create(&thread, NULL, dumper, w))
		return 2;
	trap();
	return 3;
}

/*
 * How many bytes of the mapping at @addr, other than zeros, a core file has, or
 * -1. The kernel gives every special mapping room in the file, VM_DONTDUMP or
 * not, and leaves a hole where it can't get the pages.
 */
static long in_core(const char *path, unsigned long addr)
{
	long n = -1, i, core_size;
	Elf64_Phdr *phdr;
	Elf64_Ehdr *ehdr;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *core;

	core_size = lseek(fd, 0, SEEK_END);
	core = mmap(NULL, core_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (core == MAP_FAILED)
		return -1;
	ehdr = (void *)core;
	phdr = (void *)(core + ehdr->e_phoff);
	for (; phdr < (Elf64_Phdr *)(core + ehdr->e_phoff) + ehdr->e_phnum; phdr++) {
		if (phdr->p_type != PT_LOAD || phdr->p_vaddr != addr)
			continue;
		n = 0;
		for (i = phdr->p_offset; i < (long)(phdr->p_offset + phdr->p_filesz); i++)
			n += i < core_size && core[i];
	}
	munmap(core, core_size);
	return n;
}

TEST_F(attack, not_in_a_core_dump)
{
	char old[256], core[64] = "/tmp/inject_core";
	struct arena *w = self->w;
	struct seccomp_notif_inject many;
	int status;

	many = INJECT(__NR_write, 1, 0, self->payload, PAYLOAD, w->pipe[1], 0,
		      PAYLOAD);
	if (set_core_pattern(core, old, sizeof(old)))
		SKIP(return, "cannot write " CORE_PATTERN);
	ASSERT_EQ(0, start(&self->t, dumping_target, w));
	EXPECT_EQ(0, inject_next(&self->t, &many));
	EXPECT_TRUE(read_all(w->pipe[0], self->back, PAYLOAD));
	if (variant->in_call) {
		fill_pipe(w->pipe[1]);
		EXPECT_EQ(0, inject_next(&self->t, &many));
	}
	status = target_wait(&self->t);
	set_core_pattern(old, NULL, 0);
	ASSERT_EQ(256 + SIGABRT, status);
	if (access(core, F_OK)) {
		snprintf(core, sizeof(core), "/tmp/inject_core.%d", self->t.pid);
		if (access(core, F_OK))
			SKIP(return, "no core dump was written");
	}
	EXPECT_EQ(0, in_core(core, w->area.start));
	unlink(core);
}

#ifdef HAVE_RAW_CALL
static const unsigned long distinct[6] = {
	0x1111111111111111, 0x2222222222222222, 0x3333333333333333,
	0x4444444444444444, 0x5555555555555555, 0x6666666666666666,
};

/* The filter that kills sees chdir() only when it is substituted. */
static int killed_target(void *arg)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	unsigned long after[6];

	if (setrlimit(RLIMIT_CORE, &all) ||
	    filter_install1(__NR_chdir, SECCOMP_RET_KILL_PROCESS, 0))
		return 1;
	raw_call(trapped, distinct, after);
	return 2;
}

/* The first note of @type in a core file, or NULL. */
static const void *core_note(const char *core, unsigned int type)
{
	const Elf64_Ehdr *ehdr = (const void *)core;
	const Elf64_Phdr *phdr = (const void *)(core + ehdr->e_phoff);
	const Elf64_Nhdr *note;
	const char *p;

	while (phdr->p_type != PT_NOTE)
		phdr++;
	for (p = core + phdr->p_offset; p < core + phdr->p_offset + phdr->p_filesz;) {
		note = (const void *)p;
		p += sizeof(*note) + (note->n_namesz + 3) / 4 * 4;
		if (note->n_type == type)
			return p;
		p += (note->n_descsz + 3) / 4 * 4;
	}
	return NULL;
}

/* What is left of a task that a filter killed for the substituted call. */
TEST(core_dump_shows_the_trapped_call)
{
	struct seccomp_notif_inject inj = INJECT(__NR_chdir, 0, 0, "/tmp", 5, 0);
	char old[256], path[64] = "/tmp/inject_core", *core;
	const struct elf_prstatus *status;
	const struct user_regs_struct *r;
	const siginfo_t *info;
	struct target t;
	int fd, ret;

	REQUIRE_INJECT();
	if (set_core_pattern(path, old, sizeof(old)))
		SKIP(return, "cannot write " CORE_PATTERN);
	ASSERT_EQ(0, start(&t, killed_target, NULL));
	EXPECT_EQ(0, inject_next(&t, &inj));
	ret = target_wait(&t);
	set_core_pattern(old, NULL, 0);
	ASSERT_EQ(256 + SIGSYS, ret);
	if (access(path, F_OK))
		snprintf(path, sizeof(path), "/tmp/inject_core.%d", t.pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	core = mmap(NULL, lseek(fd, 0, SEEK_END), PROT_READ, MAP_PRIVATE, fd, 0);
	ASSERT_NE(MAP_FAILED, core);

	status = core_note(core, NT_PRSTATUS);
	ASSERT_NE(NULL, status);
	r = (const void *)&status->pr_reg;
	EXPECT_EQ(trapped, (int)r->orig_rax);
	EXPECT_EQ(distinct[0], r->rdi);
	EXPECT_EQ(distinct[1], r->rsi);
	EXPECT_EQ(distinct[2], r->rdx);
	EXPECT_EQ(distinct[3], r->r10);
	EXPECT_EQ(distinct[4], r->r8);
	EXPECT_EQ(distinct[5], r->r9);
	info = core_note(core, NT_SIGINFO);
	ASSERT_NE(NULL, info);
	EXPECT_EQ(trapped, info->si_syscall);
	unlink(path);
}
#endif

/* ---- fork ---- */

static int forked_child(struct arena *w)
{
	struct area a = area_find(getpid());

	if (a.count != 0)
		return 1;
	if (touch((char *)w->area.start, false) != SIGSEGV)
		return 2;
	if (trap() != 1)
		return 3;
	a = area_find(getpid());
	return a.count == 1 ? 0 : 4;
}

static int fork_and_wait(struct arena *w)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(forked_child(w));
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static void *forker(void *arg)
{
	struct arena *w = arg;

	while (memcmp((void *)w->area.start, w->want, PAYLOAD))
		usleep(100);
	w->forked = fork_and_wait(w);
	w->read_back = area_intact(w);
	w->done = true;
	return NULL;
}

static int forking_target(void *arg)
{
	struct arena *w = arg;
	pthread_t thread;

	catch_faults();
	w->forked = -2;
	if (trap() != PAYLOAD)
		return 1;
	w->area = area_find(getpid());
	if (w->in_call) {
		if (pthread_create(&thread, NULL, forker, w))
			return 2;
		if (trap() != PAYLOAD)
			return 3;
		pthread_join(thread, NULL);
	} else {
		forker(w);
	}
	return area_intact(w) == !w->in_call ? 0 : 4;
}

TEST_F(attack, not_inherited_by_fork)
{
	struct arena *w = self->w;
	struct seccomp_notif_inject one, many;
	int other[2], filled = 0;

	ASSERT_EQ(0, pipe(other));
	one = INJECT(__NR_write, 1, 0, "1", 1, other[1], 0, 1);
	many = INJECT(__NR_write, 1, 0, self->payload, PAYLOAD, w->pipe[1], 0,
		      PAYLOAD);
	ASSERT_EQ(0, start(&self->t, forking_target, w));
	ASSERT_EQ(0, inject_next(&self->t, &many));
	ASSERT_TRUE(read_all(w->pipe[0], self->back, PAYLOAD));
	if (variant->in_call) {
		filled = fill_pipe(w->pipe[1]);
		ASSERT_EQ(0, inject_next(&self->t, &many));
	}
	ASSERT_EQ(0, inject_next(&self->t, &one));
	ASSERT_TRUE(wait_until(w->done));
	EXPECT_EQ(0, w->forked);
	EXPECT_TRUE(w->read_back);
	if (variant->in_call) {
		for (; filled; filled -= 4096)
			ASSERT_TRUE(read_all(w->pipe[0], self->back, 4096));
		ASSERT_TRUE(read_all(w->pipe[0], self->back, PAYLOAD));
	}
	EXPECT_EQ(0, target_wait(&self->t));
}

/* ---- Edges ---- */

#define PAGES (SECCOMP_NOTIF_INJECT_BUF_MAX / 4096)

/* A page behind the area that nobody ever serves. */
static int edge_target(void *arg)
{
	char *hole = make_hole();
	struct arena *w = arg;
	int i, uffd;

	uffd = uffd_register(hole + AREA_SIZE, page_size());
	if (uffd < 0)
		return 100;
	for (i = 0; i < 2 * PAGES; i++) {
		w->tid = 1 + i;
		if (trap() != (i % 2 ? 12 + i / 2 : 0))
			return 1 + i;
	}
	return (char *)area_find(getpid()).start == hole ? 0 : 101;
}

/* Answer the next notification, or fail when none comes: something hangs. */
static int inject_patiently(struct target *t, struct seccomp_notif_inject *inj)
{
	struct pollfd pfd = { .fd = t->listener, .events = POLLIN };

	if (poll(&pfd, 1, PATIENCE_S * 1000) != 1 || !(pfd.revents & POLLIN))
		return -1;
	return inject_next(t, inj);
}

FIXTURE(edge) {
	struct arena *w;
	struct target t;
	char *buf;
	int pipe[2];
};

FIXTURE_SETUP(edge)
{
	REQUIRE_INJECT();
	self->w = map_shared(sizeof(*self->w));
	self->buf = malloc(SECCOMP_NOTIF_INJECT_BUF_MAX);
	memset(self->buf, '/', SECCOMP_NOTIF_INJECT_BUF_MAX);
	ASSERT_EQ(0, pipe(self->pipe));
}

FIXTURE_TEARDOWN(edge)
{
	munmap(self->w, sizeof(*self->w));
	free(self->buf);
}

/*
 * Strings and payloads of which the last byte is the last of a page, of ever
 * larger buffers: what follows is not there yet, or never.
 */
TEST_F_TIMEOUT(edge, last_byte_of_each_page, 2 * PATIENCE_S)
{
	struct seccomp_notif_inject inj;
	char name[64], payload[64];
	int i, len, size;

	ASSERT_EQ(0, start(&self->t, edge_target, self->w));
	for (i = 0; i < PAGES; i++) {
		size = (i + 1) * 4096;
		len = snprintf(name, sizeof(name), "/tmp/edge%.*d", 2 + i % 9, i);
		memcpy(self->buf + size - len - 1, name, len + 1);
		inj = INJECT(__NR_mkdirat, 1, size - len - 1, self->buf, size,
			     AT_FDCWD, 0, 0700);
		ASSERT_EQ(0, inject_patiently(&self->t, &inj))
			TH_LOG("target at step %d", self->w->tid);
		/* So that it was made, and under this name. */
		ASSERT_TRUE(wait_until(!rmdir(name)));

		len = 12 + i;
		memset(self->buf + size - len, 'a' + i % 26, len);
		inj = INJECT(__NR_write, 1, size - len, self->buf, size,
			     self->pipe[1], 0, len);
		ASSERT_EQ(0, inject_patiently(&self->t, &inj));
		ASSERT_TRUE(read_all(self->pipe[0], payload, len));
		EXPECT_EQ(0, memcmp(payload, self->buf + size - len, len));
		memset(self->buf, '/', SECCOMP_NOTIF_INJECT_BUF_MAX);
	}
	EXPECT_EQ(0, target_wait(&self->t));
}

static int nameless_target(void *arg)
{
	if (unshare(CLONE_NEWUTS))
		return 100;
	return trap() == 0 ? 0 : 1;
}

/* No bytes have an address too, of which a call may copy none. */
TEST_F(edge, empty_buffer)
{
	struct seccomp_notif_inject inj = INJECT(__NR_sethostname, 0, 0, self->buf, 0, 0, 0);
	struct seccomp_notif notif;

	ASSERT_EQ(0, start(&self->t, nameless_target, NULL));
	if (notif_recv(self->t.listener, &notif)) {
		ASSERT_EQ(100, target_wait(&self->t));
		SKIP(return, "needs root");
	}
	ASSERT_EQ(0, notif_inject(self->t.listener, notif.id, &inj));
	EXPECT_EQ(0, target_wait(&self->t));
}

static bool all_zero(const char *p, size_t len)
{
	while (len--)
		if (*p++)
			return false;
	return true;
}

/* Sizes one after the other, each followed by a look at what is left. */
static const int sizes[] = {
	1, SECCOMP_NOTIF_INJECT_BUF_MAX, 2, 4096, 4097, 1,
	SECCOMP_NOTIF_INJECT_BUF_MAX, SECCOMP_NOTIF_INJECT_BUF_MAX - 1, 20000, 5,
};

#define SIZES ((int)ARRAY_SIZE(sizes))

static int wiped_target(void *arg)
{
	struct area first = { 0 }, a;
	size_t largest = 0;
	long want;
	int i;

	for (i = 0; i < 2 * SIZES; i++) {
		/* In the second round the call fails. */
		want = i < SIZES ? sizes[i] : -1;
		if (trap() != want)
			return 1 + i;
		a = area_find(getpid());
		if (!i)
			first = a;
		if (a.count != 1 || strcmp(first.line, a.line))
			return 50 + i;
		if ((size_t)sizes[i % SIZES] > largest)
			largest = sizes[i % SIZES];
		if (!all_zero((char *)a.start, largest))
			return 100 + i;
	}
	return 0;
}

/* Have the next call write a buffer of @size bytes, whole, to @fd. */
static int write_next(struct target *t, const char *buf, int size, int fd)
{
	struct seccomp_notif_inject inj = INJECT(__NR_write, 1, 0, buf, size, fd,
						 0, size);

	return inject_next(t, &inj);
}

TEST_F(edge, wiped_after_calls_of_any_size)
{
	int null = open("/dev/null", O_WRONLY);
	int i;

	ASSERT_EQ(0, start(&self->t, wiped_target, NULL));
	for (i = 0; i < 2 * SIZES; i++)
		if (write_next(&self->t, self->buf, sizes[i % SIZES],
			       i < SIZES ? null : -1))
			break;
	EXPECT_EQ(2 * SIZES, i);
	EXPECT_EQ(0, target_wait(&self->t));
}

/* Faults of a thread that reads from each page of a range. */
static long faults(const char *p, size_t len)
{
	struct rusage before, after;
	size_t i;

	getrusage(RUSAGE_THREAD, &before);
	for (i = 0; i < len; i += page_size())
		*(volatile const char *)(p + i);
	getrusage(RUSAGE_THREAD, &after);
	return after.ru_minflt - before.ru_minflt;
}

/* Each needs more pages than the one before. */
static const int growing[] = { 1, 4097, 20000, SECCOMP_NOTIF_INJECT_BUF_MAX };

static int present_target(void *arg)
{
	char *fresh = map_private(2 * page_size());
	int i;

	/* Would we see one? */
	if (faults(fresh, page_size()) != 1)
		return 200;
	for (i = 0; i < (int)ARRAY_SIZE(growing); i++) {
		if (trap() != growing[i])
			return 100 + i;
		if (faults((char *)area_find(getpid()).start, growing[i]))
			return 1 + i;
	}
	return 0;
}

/* For whoever looks at arguments and can't fault. The call does not read them. */
TEST_F(edge, present_without_a_fault)
{
	int null = open("/dev/null", O_WRONLY);
	int i;

	ASSERT_EQ(0, start(&self->t, present_target, NULL));
	for (i = 0; i < (int)ARRAY_SIZE(growing); i++)
		if (write_next(&self->t, self->buf, growing[i], null))
			break;
	EXPECT_EQ((int)ARRAY_SIZE(growing), i);
	EXPECT_EQ(0, target_wait(&self->t));
}

/* ---- RLIMIT_AS ---- */

/* The supervisor sets the limit while the target waits. */
static int limited_target(void *arg)
{
	struct arena *w = arg;
	int i;

	for (i = 0; i < 4; i++) {
		errno = 0;
		w->result[i].err = syscall(__NR_mkdirat, AT_FDCWD,
					   "/tmp/limit_orig", 0700) ? errno : 0;
	}
	return 0;
}

static int set_limit(pid_t pid, unsigned long limit)
{
	struct rlimit r = { limit, RLIM_INFINITY };

	return prlimit(pid, RLIMIT_AS, &r, NULL);
}

TEST(rlimit_as)
{
	const int nr = __NR_mkdirat;
	char path[] = "/tmp/limit";
	struct seccomp_notif_inject inj = INJECT(__NR_mkdirat, 1, 0, path,
						 sizeof(path), AT_FDCWD, 0, 0700);
	struct arena *w = map_shared(sizeof(*w));
	struct seccomp_notif notif;
	unsigned long used;
	struct target t;
	long pages;

	REQUIRE_INJECT();
	ASSERT_EQ(0, target_start(&t, &nr, 1, INJECT_LISTENER, limited_target, w));
	ASSERT_EQ(0, notif_recv(t.listener, &notif));
	pages = vm_pages(t.pid);
	used = pages * page_size();

	/* No page to spare. */
	ASSERT_EQ(0, set_limit(t.pid, used));
	ASSERT_EQ(0, notif_inject(t.listener, notif.id, &inj));
	/* One too few. */
	ASSERT_EQ(0, notif_recv(t.listener, &notif));
	EXPECT_EQ(ENOMEM, w->result[0].err);
	EXPECT_EQ(0, area_find(t.pid).count);
	ASSERT_EQ(0, set_limit(t.pid, used + AREA_SIZE - page_size()));
	ASSERT_EQ(0, notif_inject(t.listener, notif.id, &inj));
	/* Just enough. */
	ASSERT_EQ(0, notif_recv(t.listener, &notif));
	EXPECT_EQ(ENOMEM, w->result[1].err);
	EXPECT_EQ(pages, vm_pages(t.pid));
	EXPECT_EQ(-1, rmdir("/tmp/limit_orig"));
	EXPECT_EQ(-1, rmdir(path));
	ASSERT_EQ(0, set_limit(t.pid, used + AREA_SIZE));
	ASSERT_EQ(0, notif_inject(t.listener, notif.id, &inj));
	/* It has what it needs now. */
	ASSERT_EQ(0, notif_recv(t.listener, &notif));
	EXPECT_EQ(0, w->result[2].err);
	EXPECT_EQ(0, rmdir(path));
	EXPECT_EQ(1, area_find(t.pid).count);
	EXPECT_EQ(pages + AREA_SIZE / page_size(), vm_pages(t.pid));
	ASSERT_EQ(0, set_limit(t.pid, used));
	ASSERT_EQ(0, notif_inject(t.listener, notif.id, &inj));

	EXPECT_EQ(0, target_wait(&t));
	EXPECT_EQ(0, w->result[3].err);
	EXPECT_EQ(0, rmdir(path));
	EXPECT_EQ(-1, rmdir("/tmp/limit_orig"));
}

/* ---- Protection keys ---- */

#ifdef __x86_64__
/* Make the call with no access to memory of protection key 0, the area's too. */
static long trap_without_key_0(void)
{
	unsigned long keys;
	long ret;

	asm volatile("xor %%ecx, %%ecx\n\t"
		     "rdpkru\n\t"
		     "mov %%rax, %[keys]\n\t"
		     "or $1, %%eax\n\t"
		     "wrpkru\n\t"
		     "mov %[nr], %%eax\n\t"
		     "syscall\n\t"
		     "mov %%rax, %%rdi\n\t"
		     "mov %[keys], %%rax\n\t"
		     "xor %%ecx, %%ecx\n\t"
		     "xor %%edx, %%edx\n\t"
		     "wrpkru"
		     : [keys] "=&r" (keys), "=&D" (ret)
		     : [nr] "i" (__NR_getppid)
		     : "rax", "rcx", "rdx", "r11", "memory");
	return ret;
}

static int keyless_peer(void *arg)
{
	return trap_without_key_0() == -EFAULT ? 0 : 1;
}

/* A peer has no restartable sequence, which the kernel would write to. */
static int keyless_target(void *arg)
{
	const size_t size = 64 * 1024;
	char *stack = map_private(size);
	int status;
	pid_t pid;

	if (trap() != 0)
		return 1;
	pid = clone(keyless_peer, stack + size, CLONE_VM | SIGCHLD, NULL);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		return 2;
	return trap() == 0 ? 0 : 3;
}

/* The call is made with the rights that the target has: it may fail. */
TEST(protection_key)
{
	struct seccomp_notif_inject inj = INJECT(__NR_chdir, 0, 0, "/tmp", 5, 0);
	struct target t;
	int key, i;

	REQUIRE_INJECT();
	key = syscall(__NR_pkey_alloc, 0, 0);
	if (key < 0)
		SKIP(return, "no protection keys: %s", strerror(errno));
	ASSERT_EQ(0, start(&t, keyless_target, NULL));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, inject_next(&t, &inj));
	EXPECT_EQ(0, target_wait(&t));
}
#endif

/* ---- Nothing is pinned by the substituted call itself ---- */

static int direct_target(void *arg)
{
	struct arena *w = arg;
	int i;

	for (i = 0; i < 2; i++)
		w->result[i].err = trap() == -1 ? errno : 0;
	return 0;
}

TEST(injected_direct_write)
{
	struct arena *w = map_shared(sizeof(*w));
	char *page = map_private(page_size());
	struct seccomp_notif_inject inj;
	struct target t;
	int direct, plain;

	REQUIRE_INJECT();
	direct = open("/dev/ram2", O_RDWR | O_DIRECT);
	plain = open("/dev/ram2", O_RDWR);
	if (direct < 0 || plain < 0)
		SKIP(return, "no /dev/ram2 that can be written with O_DIRECT");
	/* The device and the offsets are right. */
	ASSERT_EQ(page_size(), pwrite(direct, page, page_size(), 0));

	ASSERT_EQ(0, start(&t, direct_target, w));
	inj = INJECT(__NR_pwrite64, 1, 0, page, page_size(), direct, 0,
		     page_size(), 0);
	ASSERT_EQ(0, inject_next(&t, &inj));
	inj.args[0] = plain;
	ASSERT_EQ(0, inject_next(&t, &inj));
	EXPECT_EQ(0, target_wait(&t));
	EXPECT_EQ(EFAULT, w->result[0].err);
	EXPECT_EQ(0, w->result[1].err);
}

TEST_HARNESS_MAIN
