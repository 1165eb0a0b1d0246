/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the seccomp_inject* selftests: a target under a filter with a
 * listener, and the supervisor's side of the conversation.
 */
#ifndef _SECCOMP_INJECT_UTIL_H
#define _SECCOMP_INJECT_UTIL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_INJECT
#define SECCOMP_FILTER_FLAG_INJECT (1UL << 6)
#endif

#ifndef SECCOMP_USER_NOTIF_FLAG_INJECTED
#define SECCOMP_USER_NOTIF_FLAG_INJECTED (1UL << 1)
#define SECCOMP_NOTIF_INJECT_BUF_MAX (128 * 1024)
struct seccomp_notif_inject {
	__u64 id;
	__u64 nr;
	__u64 args[6];
	__u64 buf;
	__u32 buf_size;
	__u32 args_in_buf_mask;
};
#endif

#ifndef __NR_openat2
#define __NR_openat2 437
#endif

#define INJECT_LISTENER (SECCOMP_FILTER_FLAG_NEW_LISTENER | \
			 SECCOMP_FILTER_FLAG_INJECT)

#define PTR(p) ((__u64)(uintptr_t)(p))

/*
 * Install a filter that says @action for each of the @count numbers in @nrs and
 * allows the rest. Returns what seccomp() does: with NEW_LISTENER in @flags the
 * listener, or -1 and errno.
 */
static inline int filter_install(const int *nrs, int count, __u32 action,
				 unsigned long flags)
{
	struct sock_filter insns[2 * 64 + 2];
	struct sock_fprog prog = { .filter = insns };
	int i;

	if (count > 64) {
		errno = E2BIG;
		return -1;
	}
	insns[prog.len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr));
	for (i = 0; i < count; i++) {
		insns[prog.len++] = (struct sock_filter)
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nrs[i], 0, 1);
		insns[prog.len++] = (struct sock_filter)
			BPF_STMT(BPF_RET | BPF_K, action);
	}
	insns[prog.len++] = (struct sock_filter)
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

/* The same for one number. */
static inline int filter_install1(int nr, __u32 action, unsigned long flags)
{
	return filter_install(&nr, 1, action, flags);
}

/**
 * struct target - a child that runs under a filter with a listener
 * @pid: the child
 * @listener: its listener, in the parent
 */
struct target {
	pid_t pid;
	int listener;
};

/* When a target sets no_new_privs: before it installs the filter, after, never. */
enum target_nnp {
	NNP_BEFORE,
	NNP_AFTER,
	NNP_NEVER,
};

/*
 * Start a child that traps the @count numbers in @nrs with @flags
 * (INJECT_LISTENER, perhaps with more), sets no_new_privs as @nnp says, and
 * exits with what @fn(@arg) returns. The child shares our descriptors until we
 * have its listener, so that nothing has to be sent by a call that may be
 * trapped. Returns 0, or -1 and errno.
 */
static inline int target_start_nnp(struct target *t, const int *nrs, int count,
				   unsigned long flags, enum target_nnp nnp,
				   int (*fn)(void *), void *arg)
{
	volatile int *shared;
	int fd;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return -1;
	fflush(NULL);
	t->pid = syscall(__NR_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (!t->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (nnp == NNP_BEFORE)
			prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		fd = filter_install(nrs, count, SECCOMP_RET_USER_NOTIF, flags);
		if (fd < 0) {
			*shared = -errno;
			_exit(125);
		}
		if (nnp == NNP_AFTER)
			prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (unshare(CLONE_FILES))
			_exit(125);
		*shared = fd;
		close(fd);
		_exit(fn(arg));
	}
	while (t->pid > 0 && !*shared)
		usleep(100);
	t->listener = *shared;
	munmap((void *)shared, sizeof(*shared));
	if (t->pid < 0)
		return -1;
	if (t->listener < 0) {
		waitpid(t->pid, NULL, 0);
		errno = -t->listener;
		return -1;
	}
	return 0;
}

/* The same for a child that sets no_new_privs first. */
static inline int target_start(struct target *t, const int *nrs, int count,
			       unsigned long flags, int (*fn)(void *), void *arg)
{
	return target_start_nnp(t, nrs, count, flags, NNP_BEFORE, fn, arg);
}

/* Exit status of the child, or 256 + the signal that killed it. */
static inline int target_wait(struct target *t)
{
	int status;

	close(t->listener);
	if (waitpid(t->pid, &status, 0) != t->pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

/* Receive the next notification. Returns 0, or -1 and errno. */
static inline int notif_recv(int listener, struct seccomp_notif *notif)
{
	memset(notif, 0, sizeof(*notif));
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, notif);
}

/* Answer with a result: @error is 0 or a negative errno. */
static inline int notif_send(int listener, __u64 id, int error, __s64 val,
			     __u32 flags)
{
	struct seccomp_notif_resp resp = {
		.id = id, .error = error, .val = val, .flags = flags,
	};

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

/* Answer with CONTINUE. */
static inline int notif_continue(int listener, __u64 id)
{
	return notif_send(listener, id, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

/* Answer with a substituted call; @inj->id is set here. */
static inline int notif_inject(int listener, __u64 id,
			       struct seccomp_notif_inject *inj)
{
	inj->id = id;
	return notif_send(listener, id, 0, PTR(inj),
			  SECCOMP_USER_NOTIF_FLAG_INJECTED);
}

/* How many mappings of the kernel's a process has, or -1. */
static inline int inject_mappings(pid_t pid)
{
	char path[32], line[512];
	int n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		n += !!strstr(line, "[seccomp_inject]");
	fclose(f);
	return n;
}

/*
 * Does this kernel substitute calls? The documented probe, from a child that
 * holds a listener of its own.
 */
static inline bool inject_supported(void)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		int fd;

		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		fd = filter_install1(__NR_getppid, SECCOMP_RET_USER_NOTIF,
				     SECCOMP_FILTER_FLAG_NEW_LISTENER);
		notif_send(fd, 0, 0, 0, SECCOMP_USER_NOTIF_FLAG_INJECTED);
		_exit(errno == EFAULT);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid &&
	       WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

/* For a test or a fixture's setup, with kselftest_harness.h. */
#define REQUIRE_INJECT() do { \
	if (!inject_supported()) \
		SKIP(return, "this kernel does not substitute calls"); \
} while (0)

/* State of a task as ps shows it, or 0 when it is gone. */
static inline char task_state(pid_t pid)
{
	char path[32], line[512], *p = NULL;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fgets(line, sizeof(line), f))
		p = strrchr(line, ')');
	fclose(f);
	return p && p[1] ? p[2] : 0;
}

/*
 * Wait until a task is in @state. After a reply, 'S' says that the task sleeps
 * inside the call that it was told to run: on the way there it is running, or
 * waits for a lock in state 'D'. Returns 0, or -1 when the task is gone.
 */
static inline int task_await(pid_t pid, char state)
{
	char now;

	while ((now = task_state(pid)) != state) {
		if (!now || now == 'Z' || now == 'X')
			return -1;
		usleep(500);
	}
	return 0;
}

/*
 * Let a task run on our processor only, and only while we sleep: until then it
 * does not see a reply. Children and threads that we make from here on are as
 * privileged as we. Returns 0, or -1 and errno.
 */
static inline int target_hold(pid_t pid)
{
	struct sched_param param = { .sched_priority = 1 };
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(pid, sizeof(one), &one) ||
	    sched_setaffinity(0, sizeof(one), &one))
		return -1;
	return sched_setscheduler(0, SCHED_FIFO, &param);
}

#ifdef __x86_64__
#define HAVE_RAW_CALL 1

/*
 * Make a system call, and store what the argument registers hold afterwards in
 * @after. Nothing of libc is in between that could reload them.
 */
static inline long raw_call(long nr, const unsigned long *args,
			    unsigned long *after)
{
	register unsigned long r10 asm("r10") = args[3];
	register unsigned long r8 asm("r8") = args[4];
	register unsigned long r9 asm("r9") = args[5];
	unsigned long rdi = args[0], rsi = args[1], rdx = args[2];

	asm volatile("syscall"
		     : "+a" (nr), "+D" (rdi), "+S" (rsi), "+d" (rdx),
		       "+r" (r10), "+r" (r8), "+r" (r9)
		     : : "rcx", "r11", "memory");
	after[0] = rdi;
	after[1] = rsi;
	after[2] = rdx;
	after[3] = r10;
	after[4] = r8;
	after[5] = r9;
	return nr;
}
#endif

#endif
