/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For tests of substituted calls with pointers inside the buffer: a buffer that
 * grows, and a target that traps for ever and tells what its calls returned.
 */
#ifndef _SECCOMP_INJECT_BUF_H
#define _SECCOMP_INJECT_BUF_H

#include "seccomp_inject_util.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/uio.h>

#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/**
 * struct inject_buf - a buffer for a request, filled from the start
 * @used: bytes that are in use
 * @bytes: them
 *
 * Static: it is too large for a stack of a thread.
 */
struct inject_buf {
	size_t used;
	char bytes[SECCOMP_NOTIF_INJECT_BUF_MAX];
};

/* Empty it. @pad decides how all that follows is aligned. */
static inline void buf_start(struct inject_buf *b, size_t pad)
{
	memset(b->bytes, 0xa5, pad);
	b->used = pad;
}

/* Append @len bytes. Returns their offset. */
static inline __u64 buf_put(struct inject_buf *b, const void *data, size_t len)
{
	size_t at = b->used;

	if (len > sizeof(b->bytes) - at)
		abort();
	memcpy(b->bytes + at, data, len);
	b->used += len;
	return at;
}

static inline __u64 buf_string(struct inject_buf *b, const char *s)
{
	return buf_put(b, s, strlen(s) + 1);
}

/* Append strings and the table that points at them; 0 for a NULL table. */
static inline __u64 buf_strings(struct inject_buf *b, char *const *strings)
{
	static __u64 table[SECCOMP_NOTIF_INJECT_BUF_MAX / sizeof(__u64)];
	size_t n = 0;

	if (!strings)
		return 0;
	for (; strings[n]; n++)
		table[n] = buf_string(b, strings[n]);
	table[n++] = 0;
	return buf_put(b, table, n * sizeof(*table));
}

/* Append an iovec array; the bases are offsets. */
static inline __u64 buf_iovec(struct inject_buf *b, const struct iovec *iov,
			      int count)
{
	return buf_put(b, iov, count * sizeof(*iov));
}

/* Let a request use the buffer as it is now. */
static inline void buf_attach(const struct inject_buf *b,
			      struct seccomp_notif_inject *inj)
{
	inj->buf = PTR(b->bytes);
	inj->buf_size = b->used;
}

/* Let it be execveat(@dirfd, @name, @argv, @envp, @flags). */
static inline void buf_execveat(struct inject_buf *b,
				struct seccomp_notif_inject *inj, int dirfd,
				const char *name, char *const *argv,
				char *const *envp, int flags)
{
	*inj = (struct seccomp_notif_inject) {
		.nr = __NR_execveat,
		.args = {
			dirfd, buf_string(b, name), buf_strings(b, argv),
			buf_strings(b, envp), flags,
		},
	};
	inj->args_in_buf_mask = 1 << 1 | (argv ? 1 << 2 : 0) |
				(envp ? 1 << 3 : 0);
	buf_attach(b, inj);
}

/* Let it be execve(@path, @argv, @envp). */
static inline void buf_execve(struct inject_buf *b,
			      struct seccomp_notif_inject *inj,
			      const char *path, char *const *argv,
			      char *const *envp)
{
	*inj = (struct seccomp_notif_inject) {
		.nr = __NR_execve,
		.args = {
			buf_string(b, path), buf_strings(b, argv),
			buf_strings(b, envp),
		},
	};
	inj->args_in_buf_mask = 1 << 0 | (argv ? 1 << 1 : 0) |
				(envp ? 1 << 2 : 0);
	buf_attach(b, inj);
}

/**
 * struct loop - a target that calls getppid() for ever, which traps
 * @t: the target
 * @notif: the call that it waits in
 * @result: what the one before returned, a negative errno if it failed
 *
 * The next trap tells that the result of the last one is there: nobody has to
 * wait for a time.
 */
struct loop {
	struct target t;
	struct seccomp_notif notif;
	long *result;
};

/* Not a result of any call: the request was refused with this errno. */
#define REFUSED(error) (-100000L - (error))

/* In the target this descriptor is a file that says "target". */
#define LOOP_FD 100

static inline int loop_target(void *arg)
{
	int fd = memfd_create("target", 0);
	long *result = arg;
	long ret;

	if (write(fd, "target", 6) != 6 || dup2(fd, LOOP_FD) != LOOP_FD)
		return 1;
	close(fd);
	for (;;) {
		ret = syscall(__NR_getppid);
		__atomic_store_n(result, ret < 0 ? -errno : ret,
				 __ATOMIC_RELAXED);
	}
}

/* Start it; it gets copies of the descriptors that there are now. */
static inline int loop_start(struct loop *l)
{
	const int nr = __NR_getppid;

	l->result = mmap(NULL, sizeof(*l->result), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (l->result == MAP_FAILED ||
	    target_start(&l->t, &nr, 1, INJECT_LISTENER, loop_target,
			 l->result))
		return -1;
	return notif_recv(l->t.listener, &l->notif);
}

static inline long loop_result(struct loop *l)
{
	return __atomic_load_n(l->result, __ATOMIC_RELAXED);
}

/* Substitute the call that it waits in. Returns the result, or REFUSED(). */
static inline long loop_call(struct loop *l, struct seccomp_notif_inject *inj)
{
	if (notif_inject(l->t.listener, l->notif.id, inj))
		return REFUSED(errno);
	if (notif_recv(l->t.listener, &l->notif))
		return LONG_MIN;
	return loop_result(l);
}

/* Can it still be answered, in a plain way? */
static inline bool loop_answerable(struct loop *l)
{
	return !notif_send(l->t.listener, l->notif.id, 0, 4711, 0) &&
	       !notif_recv(l->t.listener, &l->notif) &&
	       loop_result(l) == 4711;
}

static inline void loop_stop(struct loop *l)
{
	kill(l->t.pid, SIGKILL);
	target_wait(&l->t);
}

#endif
