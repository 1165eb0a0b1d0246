// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that take an address of a socket.
 *
 * The address is decided on as the kernel will understand it: 0.0.0.0 is this
 * host, and :: perhaps too, ::ffff:10.0.0.1 is 10.0.0.1, and datagrams go to an
 * AF_UNSPEC address as if it was AF_INET. A Unix socket's path is a path: what
 * runs has the name that was found for it, and may still be led astray by a
 * parent directory that is exchanged, or, but for bind(), by a link that takes
 * the socket's place: no flag keeps the kernel from following it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent.h"

/* The alignment, the address, the message and its iovec need a little themselves. */
#define MAX_PAYLOAD	(SECCOMP_NOTIF_INJECT_BUF_MAX - 1024)

union sock {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
	struct sockaddr_storage storage;
};

static void from_ipv4(struct address *to, const union sock *sock)
{
	to->family = AF_INET;
	to->port = ntohs(sock->in.sin_port);
	to->ip.s6_addr[10] = to->ip.s6_addr[11] = 0xff;
	memcpy(&to->ip.s6_addr[12], &sock->in.sin_addr, 4);
}

static void from_ipv6(struct address *to, const union sock *sock)
{
	to->family = IN6_IS_ADDR_V4MAPPED(&sock->in6.sin6_addr) ? AF_INET : AF_INET6;
	to->port = ntohs(sock->in6.sin6_port);
	to->ip = sock->in6.sin6_addr;
}

static const struct in6_addr any4 = { { { [10] = 0xff, [11] = 0xff } } };

/* To send to "any" is to send to oneself. */
static void any_is_loopback(struct address *to)
{
	if (!memcmp(&to->ip, &any4, sizeof(any4)))
		inet_pton(AF_INET6, "::ffff:127.0.0.1", &to->ip);
	else if (to->family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&to->ip))
		to->ip = in6addr_loopback;
}

static int from_unix(struct call *call, struct address *to, union sock *sock, size_t len)
{
	size_t head = offsetof(struct sockaddr_un, sun_path), n;
	struct path *path = &call->path[0];
	char start[PATH_MAX] = "";
	int error;

	to->family = AF_UNIX;
	if (len == head) {
		to->abstract = "";
		return 0;
	}
	if (len > sizeof(sock->un))
		return -EINVAL;
	if (!sock->un.sun_path[0]) {
		to->abstract = sock->un.sun_path + 1;
		to->abstract_len = len - head - 1;
		return 0;
	}
	n = strnlen(sock->un.sun_path, len - head);
	memcpy(path->asked, sock->un.sun_path, n);
	path->asked[n] = 0;
	call->paths = 1;
	if (*path->asked != '/') {
		error = read_proc_link(call, "cwd", start, sizeof(start));
		if (error)
			return error;
	}
	error = resolve_text(call, path, start,
			     call->row->family == F_BIND ? WALK_ENTRY : WALK_FOLLOW);
	to->path = path->name;
	if (!error && path->kind != NAMED)
		error = -EACCES;
	return error ?: judge_parents(call, 0);
}

static void describe(struct call *call, const struct address *to)
{
	char ip[INET6_ADDRSTRLEN] = "";
	size_t i, at;

	if (to->family == AF_INET || to->family == AF_INET6) {
		inet_ntop(AF_INET6, &to->ip, ip, sizeof(ip));
		snprintf(call->address, sizeof(call->address),
			 to->family == AF_INET ? "%s:%d" : "[%s]:%d",
			 to->family == AF_INET ? ip + strlen("::ffff:") : ip, to->port);
	} else if (to->path) {
		snprintf(call->address, sizeof(call->address), "unix:%.140s", to->path);
	} else if (to->abstract) {
		at = snprintf(call->address, sizeof(call->address), "unix:@");
		for (i = 0; i < to->abstract_len; i++)
			call->address[at++] = to->abstract[i] ?: '@';
		call->address[at] = 0;
	} else {
		snprintf(call->address, sizeof(call->address), "family %d", to->family);
	}
}

static int from_sock(struct call *call, struct address *to, union sock *sock, size_t len)
{
	bool for_ipv6 = len >= offsetof(struct sockaddr_in6, sin6_scope_id);

	to->family = sock->any.sa_family;
	switch (to->family) {
	case AF_UNSPEC:
	case AF_INET:
		/* Of no family, a raw IPv6 socket would take it for one of AF_INET6. */
		if (len < sizeof(sock->in) || (to->family == AF_UNSPEC && for_ipv6))
			return -EINVAL;
		from_ipv4(to, sock);
		return 0;
	case AF_INET6:
		if (!for_ipv6)
			return -EINVAL;
		from_ipv6(to, sock);
		return 0;
	case AF_UNIX:
		return from_unix(call, to, sock, len);
	}
	return 0;
}

static int match(struct call *call, struct address *to)
{
	if (call->row->family != F_BIND)
		any_is_loopback(to);
	describe(call, to);
	call->rule = match_address(call->profile, call->row->family, to);
	return call->rule->action == DENY ? -call->rule->error : 0;
}

/* "::" is also what IPv4 calls "0.0.0.0", unless the socket is for IPv6 only. */
static int match_both(struct call *call, struct address *to)
{
	struct address v4 = { .family = AF_INET, .ip = any4, .port = to->port };
	int error = 0;

	if (to->family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&to->ip))
		error = match(call, &v4);
	return error ?: match(call, to);
}

/* Decide on @len bytes of @sock, in which a Unix socket's path may be put anew. */
static int judge_address(struct call *call, union sock *sock, size_t *len)
{
	struct address to = {};
	int error;

	/* To dissolve a connection takes no permission. */
	if (call->row->family == F_CONNECT && sock->any.sa_family == AF_UNSPEC) {
		snprintf(call->address, sizeof(call->address), "none");
		return 0;
	}
	error = from_sock(call, &to, sock, *len);
	if (!error)
		error = match_both(call, &to);
	if (error || !to.path)
		return error;
	if (strlen(to.path) >= sizeof(sock->un.sun_path))
		return -ENAMETOOLONG;
	strcpy(sock->un.sun_path, to.path);
	*len = offsetof(struct sockaddr_un, sun_path) + strlen(to.path) + 1;
	return 0;
}

static int read_address(struct call *call, __u64 addr, int size, union sock *sock)
{
	memset(sock, 0, sizeof(*sock));
	if (size < 0 || size > (int)sizeof(*sock))
		return -EINVAL;
	if (size < (int)sizeof(sock->any.sa_family))
		return -EINVAL;
	return read_memory(call, addr, sock, size);
}

int decide_address(struct call *call)
{
	union sock sock;
	size_t len = (int)arg(call, 3);
	int error = read_address(call, arg(call, 2), arg(call, 3), &sock);

	if (!error)
		error = judge_address(call, &sock, &len);
	if (error)
		return error;
	inject_start(&call->in, call->row->nr);
	inject_value(&call->in, 0, arg(call, 1));
	inject_bytes(&call->in, 1, &sock, len);
	inject_value(&call->in, 2, len);
	return 0;
}

int decide_sendto(struct call *call)
{
	union sock sock;
	size_t len = (int)arg(call, 6), size = arg(call, 3);
	char *data;
	int error;

	/* Who it goes to was decided when the socket was connected. */
	if (!arg(call, 5)) {
		call->untouched = true;
		return 0;
	}
	error = read_address(call, arg(call, 5), arg(call, 6), &sock);
	if (!error)
		error = judge_address(call, &sock, &len);
	if (error)
		return error;
	if (size > MAX_PAYLOAD)
		return -EMSGSIZE;
	data = keep_bytes(call, arg(call, 2), size, &error);
	if (error)
		return error;
	inject_start(&call->in, SYS_sendto);
	inject_value(&call->in, 0, arg(call, 1));
	inject_bytes(&call->in, 1, data, size);
	inject_value(&call->in, 2, size);
	inject_value(&call->in, 3, arg(call, 4));
	inject_bytes(&call->in, 4, &sock, len);
	inject_value(&call->in, 5, len);
	return 0;
}

static bool is_stream(const struct call *call, int fd)
{
	int pidfd, sock, type = 0;
	socklen_t len = sizeof(type);

	/* Of a thread: PIDFD_THREAD is its O_EXCL. */
	pidfd = syscall(SYS_pidfd_open, call->req->pid, O_EXCL);
	sock = pidfd < 0 ? -1 : syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	if (sock >= 0) {
		if (getsockopt(sock, SOL_SOCKET, SO_TYPE, &type, &len))
			type = 0;
		close(sock);
	}
	if (pidfd >= 0)
		close(pidfd);
	return type == SOCK_STREAM;
}

/* The target's iovec becomes ours: one segment, and what does not fit in is cut. */
static int read_payload(struct call *call, const struct msghdr *msg, struct iovec *to)
{
	struct iovec *iov;
	size_t i, part, room;
	int error = 0;

	to->iov_base = NULL;
	to->iov_len = 0;
	if (msg->msg_iovlen > INJECT_MAX_IOV || call->text_used > MAX_PAYLOAD)
		return -EMSGSIZE;
	room = MAX_PAYLOAD - call->text_used;
	iov = (struct iovec *)call->strings[0];
	error = read_memory(call, (uintptr_t)msg->msg_iov, iov,
			    msg->msg_iovlen * sizeof(*iov));
	to->iov_base = call->text + call->text_used;
	for (i = 0; !error && i < msg->msg_iovlen; i++) {
		part = iov[i].iov_len;
		if (part > room - to->iov_len) {
			if (!is_stream(call, arg(call, 1)))
				return -EMSGSIZE;
			part = room - to->iov_len;
		}
		keep_bytes(call, (uintptr_t)iov[i].iov_base, part, &error);
		to->iov_len += part;
		if (part < iov[i].iov_len)
			break;
	}
	return error;
}

/* A route in the packet leads it elsewhere than to the address that was judged. */
static bool is_route(const struct cmsghdr *h)
{
	return (h->cmsg_level == SOL_IP && h->cmsg_type == IP_RETOPTS) ||
	       (h->cmsg_level == SOL_IPV6 &&
		(h->cmsg_type == IPV6_RTHDR || h->cmsg_type == IPV6_2292RTHDR));
}

static int judge_control(struct call *call, const char *control, size_t len)
{
	struct cmsghdr h;

	while (len >= sizeof(h)) {
		memcpy(&h, control, sizeof(h));
		if (h.cmsg_len < sizeof(h) || h.cmsg_len > len)
			return -EINVAL;
		if (is_route(&h)) {
			call->why = "a control message with a route";
			return -EPERM;
		}
		if (CMSG_ALIGN(h.cmsg_len) >= len)
			break;
		control += CMSG_ALIGN(h.cmsg_len);
		len -= CMSG_ALIGN(h.cmsg_len);
	}
	return 0;
}

static int read_message(struct call *call, struct msghdr *msg, union sock *sock,
			struct iovec *iov)
{
	size_t len;
	int error = read_memory(call, arg(call, 2), msg, sizeof(*msg));

	if (error)
		return error;
	len = msg->msg_namelen;
	if (!msg->msg_name || !len) {
		msg->msg_name = NULL;
		msg->msg_namelen = 0;
	} else {
		error = read_address(call, (uintptr_t)msg->msg_name, len, sock);
		if (!error)
			error = judge_address(call, sock, &len);
		msg->msg_name = sock;
		msg->msg_namelen = len;
	}
	if (error)
		return error;
	if (msg->msg_controllen) {
		msg->msg_control = keep_bytes(call, (uintptr_t)msg->msg_control,
					      msg->msg_controllen, &error);
		if (!error)
			error = judge_control(call, msg->msg_control, msg->msg_controllen);
		if (error)
			return error == -E2BIG ? -ENOBUFS : error;
	}
	error = read_payload(call, msg, iov);
	msg->msg_iov = iov;
	msg->msg_iovlen = iov->iov_len ? 1 : 0;
	return error;
}

int decide_sendmsg(struct call *call)
{
	union sock sock;
	struct msghdr msg;
	struct iovec iov;
	int error = read_message(call, &msg, &sock, &iov);

	if (error)
		return error;
	inject_start(&call->in, SYS_sendmsg);
	inject_value(&call->in, 0, arg(call, 1));
	inject_msghdr(&call->in, 1, &msg);
	inject_value(&call->in, 2, arg(call, 3));
	return 0;
}
