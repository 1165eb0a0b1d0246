/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the seccomp_inject_mm and seccomp_inject_stress selftests: looking
 * at a target's inject areas, and pages that are never served.
 */
#ifndef _SECCOMP_INJECT_MM_H
#define _SECCOMP_INJECT_MM_H

#include "seccomp_inject_util.h"

#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#define AREA_NAME "[seccomp_inject]"

/* Longest wait for what must happen, on the slowest machine. */
#define PATIENCE_S 60

static inline double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Wait until @cond holds; false if it does not within PATIENCE_S. */
#define wait_until(cond)						\
({									\
	double end_ = seconds() + PATIENCE_S;				\
	bool ok_;							\
	while (!(ok_ = (cond)) && seconds() < end_)				\
		usleep(200);						\
	ok_;								\
})

static inline void *map_shared(size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static inline void *map_private(size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/**
 * struct area - the inject areas of a process, as /proc/PID/maps shows them
 * @count: how many there are
 * @start: of the last one
 * @end: of the last one
 * @line: of the last one
 */
struct area {
	int count;
	unsigned long start;
	unsigned long end;
	char line[160];
};

static inline struct area area_find(pid_t pid)
{
	struct area a = { 0 };
	char path[32], line[512];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	if (!f)
		return (struct area){ .count = -1 };
	while (fgets(line, sizeof(line), f)) {
		if (!strstr(line, AREA_NAME))
			continue;
		a.count++;
		if (sscanf(line, "%lx-%lx", &a.start, &a.end) != 2)
			a.start = 0;
		snprintf(a.line, sizeof(a.line), "%.159s", line);
	}
	fclose(f);
	return a;
}

/* Size of the address space in pages, from /proc/PID/statm, or -1. */
static inline long vm_pages(pid_t pid)
{
	char path[32];
	long pages = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	f = fopen(path, "re");
	if (!f)
		return -1;
	if (fscanf(f, "%ld", &pages) != 1)
		pages = -1;
	fclose(f);
	return pages;
}

/* Does a task sleep in system call @nr? */
static inline bool sleeps_in(pid_t tid, int nr)
{
	char path[40];
	int in = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/syscall", tid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fscanf(f, "%d", &in) != 1)
		in = -1;
	fclose(f);
	return in == nr;
}

/* Wait for the end of @pid: its status, or -1 when it does not come. */
static inline int wait_end(pid_t pid)
{
	int status = -1;

	if (!wait_until(waitpid(pid, &status, WNOHANG) == pid))
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

/*
 * Substitute @inj for all that traps, until no task is left under the filter.
 * Returns how many there were, or -1 and errno.
 */
static inline int serve(int listener, struct seccomp_notif_inject *inj)
{
	struct seccomp_notif notif;
	int n = 0;

	for (;;) {
		if (!notif_recv(listener, &notif)) {
			if (!notif_inject(listener, notif.id, inj))
				n++;
			else if (errno != ENOENT)
				return -1;
		} else if (errno == ENOENT) {
			struct pollfd pfd = { .fd = listener };

			if (poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLHUP))
				return n;
		} else if (errno != EINTR) {
			return -1;
		}
	}
}

/* A request with one input pointer, argument @arg, at @offset of the buffer. */
#define INJECT(nr_, arg, offset, buf_, size_, ...)			\
	((struct seccomp_notif_inject) {				\
		.nr = (nr_),						\
		.args = { __VA_ARGS__, [arg] = (offset) },		\
		.buf = PTR(buf_),					\
		.buf_size = (size_),					\
		.args_in_buf_mask = 1 << (arg),				\
	})

/* A userfaultfd for missing pages of @size bytes at @addr, or -1. */
static inline int uffd_register(void *addr, size_t size)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { .start = PTR(addr), .len = size },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg)) {
		close(fd);
		return -1;
	}
	return fd;
}

#endif
