/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lays out a system call, with all that its arguments point to, in one buffer,
 * and lets a seccomp listener's target run it.
 */
#ifndef _INJECT_HELPER_H
#define _INJECT_HELPER_H

#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/uio.h>

/**
 * struct inject - a request that is being built
 * @req: what the kernel gets
 * @full: something did not fit: inject_send() fails with E2BIG
 * @buf: what @req's arguments point to
 *
 * Too large for the stack of a thread. inject_start() comes first, then one
 * call for each argument that is not 0 or NULL, in any order.
 */
struct inject {
	struct seccomp_notif_inject req;
	bool full;
	char buf[SECCOMP_NOTIF_INJECT_BUF_MAX];
};

void inject_start(struct inject *in, __u64 nr);

/* A value, or an address in the target that the call writes to. */
void inject_value(struct inject *in, int arg, __u64 value);

void inject_bytes(struct inject *in, int arg, const void *data, size_t len);
void inject_string(struct inject *in, int arg, const char *string);

/* An argv or envp, ended by NULL. */
void inject_strings(struct inject *in, int arg, const char *const *strings);

/* Segments that a call can have, the kernel's UIO_MAXIOV; with more it is full. */
#define INJECT_MAX_IOV	1024

void inject_iovec(struct inject *in, int arg, const struct iovec *iov, int count);

/* A message of the 64-bit layout. Control messages are copied as they are. */
void inject_msghdr(struct inject *in, int arg, const struct msghdr *msg);

/* What open() heeds; the kernel adds O_LARGEFILE itself. */
#define INJECT_OPEN_FLAGS	(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC |	\
				 O_APPEND | O_NONBLOCK | O_SYNC | O_ASYNC |		\
				 O_DIRECT | O_DIRECTORY | O_NOFOLLOW | O_NOATIME |	\
				 O_CLOEXEC | O_PATH | O_TMPFILE)

/*
 * The struct open_how that means the same as @flags and @mode of open(), which
 * ignores what openat2() refuses.
 */
void inject_old_open(struct open_how *how, unsigned int flags, unsigned int mode);

/*
 * Make the reply to notification @id, for seccomp_notify_respond(). Returns 0,
 * or -1 and errno E2BIG.
 */
int inject_reply(struct inject *in, __u64 id, struct seccomp_notif_resp *resp);

/*
 * Answer notification @id. Returns 0, or -1 and errno: the notification can
 * then be answered in another way.
 */
int inject_send(struct inject *in, int listener, __u64 id);

#endif
