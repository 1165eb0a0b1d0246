// SPDX-License-Identifier: GPL-2.0
/*
 * Lays out a system call in one buffer. Inside the buffer an offset takes the
 * place of every pointer. An offset of 0 is NULL there, so nothing starts at 0.
 */
#define _GNU_SOURCE
#include "inject-helper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

/* Offsets are as wide as pointers of the target, which is a 64-bit task. */
typedef __u64 offset_t;

struct iovec64 {
	offset_t base;
	__u64 len;
};

struct msghdr64 {
	offset_t name;
	__u32 namelen;
	__u32 hole;
	offset_t iov;
	__u64 iovlen;
	offset_t control;
	__u64 controllen;
	__u32 flags;
	__u32 end;
};

void inject_start(struct inject *in, __u64 nr)
{
	memset(&in->req, 0, sizeof(in->req));
	memset(in->buf, 0, sizeof(offset_t));
	in->req.nr = nr;
	in->req.buf_size = sizeof(offset_t);
	in->full = false;
}

/* Room for @len bytes. What does not fit ends up in no request. */
static offset_t reserve(struct inject *in, size_t len, size_t align)
{
	size_t at = (in->req.buf_size + align - 1) & -align;

	if (at > sizeof(in->buf) || len > sizeof(in->buf) - at) {
		in->full = true;
		return 0;
	}
	memset(in->buf + in->req.buf_size, 0, at - in->req.buf_size);
	in->req.buf_size = at + len;
	return at;
}

static void fill(struct inject *in, offset_t at, const void *data, size_t len)
{
	if (!in->full && len)
		memcpy(in->buf + at, data, len);
}

static offset_t append(struct inject *in, const void *data, size_t len)
{
	offset_t at = reserve(in, len, sizeof(at));

	fill(in, at, data, len);
	return at;
}

/* Not aligned: of an argv of short strings that would be the larger part. */
static offset_t append_string(struct inject *in, const char *string)
{
	size_t len = strlen(string) + 1;
	offset_t at = reserve(in, len, 1);

	fill(in, at, string, len);
	return at;
}

static void in_buffer(struct inject *in, int arg, offset_t at)
{
	in->req.args[arg] = at;
	in->req.args_in_buf_mask |= 1U << arg;
}

void inject_value(struct inject *in, int arg, __u64 value)
{
	in->req.args[arg] = value;
}

void inject_bytes(struct inject *in, int arg, const void *data, size_t len)
{
	in_buffer(in, arg, append(in, data, len));
}

void inject_string(struct inject *in, int arg, const char *string)
{
	in_buffer(in, arg, append_string(in, string));
}

void inject_strings(struct inject *in, int arg, const char *const *strings)
{
	offset_t table, at;
	size_t n = 0, i;

	while (strings[n])
		n++;
	table = reserve(in, (n + 1) * sizeof(at), sizeof(at));
	for (i = 0; i < n; i++) {
		at = append_string(in, strings[i]);
		fill(in, table + i * sizeof(at), &at, sizeof(at));
	}
	at = 0;
	fill(in, table + n * sizeof(at), &at, sizeof(at));
	in_buffer(in, arg, table);
}

static offset_t append_iovec(struct inject *in, const struct iovec *iov, size_t count)
{
	struct iovec64 one;
	offset_t table;
	size_t i;

	/* More would be refused, and what they take might not fit a size_t. */
	if (count > INJECT_MAX_IOV) {
		in->full = true;
		return 0;
	}
	table = reserve(in, count * sizeof(one), sizeof(offset_t));
	for (i = 0; i < count; i++) {
		one.len = iov[i].iov_len;
		one.base = one.len ? append(in, iov[i].iov_base, one.len) : 0;
		fill(in, table + i * sizeof(one), &one, sizeof(one));
	}
	return table;
}

void inject_iovec(struct inject *in, int arg, const struct iovec *iov, int count)
{
	in_buffer(in, arg, append_iovec(in, iov, count));
}

void inject_msghdr(struct inject *in, int arg, const struct msghdr *msg)
{
	struct msghdr64 m = {
		.namelen = msg->msg_namelen,
		.iovlen = msg->msg_iovlen,
		.controllen = msg->msg_controllen,
		.flags = msg->msg_flags,
	};

	if (m.namelen)
		m.name = append(in, msg->msg_name, m.namelen);
	if (m.iovlen)
		m.iov = append_iovec(in, msg->msg_iov, m.iovlen);
	if (m.controllen)
		m.control = append(in, msg->msg_control, m.controllen);
	inject_bytes(in, arg, &m, sizeof(m));
}

void inject_old_open(struct open_how *how, unsigned int flags, unsigned int mode)
{
	bool creates = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;

	memset(how, 0, sizeof(*how));
	how->flags = flags & INJECT_OPEN_FLAGS;
	if (flags & O_PATH)
		how->flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	else if (creates)
		how->mode = mode & 07777;
}

int inject_reply(struct inject *in, __u64 id, struct seccomp_notif_resp *resp)
{
	if (in->full) {
		errno = E2BIG;
		return -1;
	}
	in->req.id = id;
	in->req.buf = (uintptr_t)in->buf;
	memset(resp, 0, sizeof(*resp));
	resp->id = id;
	resp->val = (uintptr_t)&in->req;
	resp->flags = SECCOMP_USER_NOTIF_FLAG_INJECTED;
	return 0;
}

int inject_send(struct inject *in, int listener, __u64 id)
{
	struct seccomp_notif_resp resp;

	if (inject_reply(in, id, &resp))
		return -1;
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}
