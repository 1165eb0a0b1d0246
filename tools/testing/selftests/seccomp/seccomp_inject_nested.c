// SPDX-License-Identifier: GPL-2.0
/* Substituted calls with pointers inside the buffer: messages and vectors. */
#include "seccomp_inject_buf.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "../kselftest_harness.h"

#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif
#ifndef SO_ZEROCOPY
#define SO_ZEROCOPY 60
#endif
#ifndef RWF_APPEND
#define RWF_APPEND 0x10
#endif

#ifndef sizeof_field
#define sizeof_field(type, field) sizeof(((type *)0)->field)
#endif

#define MAX_SEGMENTS 1024	/* UIO_MAXIOV */

static struct inject_buf buf;

/* A socket address of any family, with its length. */
struct address {
	socklen_t len;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
};

/* Bind a new socket to an address of its own. Returns it, or -1. */
static int bound_socket(int family, int type, struct address *addr)
{
	int fd = socket(family, type, 0);

	memset(addr, 0, sizeof(*addr));
	addr->any.sa_family = family;
	addr->len = family == AF_UNIX ? sizeof(sa_family_t) :
		    family == AF_INET ? sizeof(addr->in) : sizeof(addr->in6);
	if (family == AF_INET)
		addr->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (family == AF_INET6)
		addr->in6.sin6_addr = in6addr_loopback;
	if (fd < 0 || bind(fd, &addr->any, addr->len))
		return -1;
	addr->len = sizeof(*addr) - offsetof(struct address, any);
	return getsockname(fd, &addr->any, &addr->len) ? -1 : fd;
}

/* One message as it arrived. */
struct arrived {
	ssize_t len;
	char data[64];
	char control[256];
	struct msghdr msg;
	struct iovec iov;
	struct address from;
};

static void receive(int fd, struct arrived *a)
{
	memset(a, 0, sizeof(*a));
	a->iov = (struct iovec){ a->data, sizeof(a->data) };
	a->msg.msg_name = &a->from.any;
	a->msg.msg_namelen = sizeof(a->from) - offsetof(struct address, any);
	a->msg.msg_iov = &a->iov;
	a->msg.msg_iovlen = 1;
	a->msg.msg_control = a->control;
	a->msg.msg_controllen = sizeof(a->control);
	a->len = recvmsg(fd, &a->msg, MSG_DONTWAIT);
}

/* The int in the only control message of that level and type, or -1. */
static int arrived_int(struct arrived *a, int level, int type)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(&a->msg);
	int value = 0;

	if (!c || CMSG_NXTHDR(&a->msg, c) || c->cmsg_level != level ||
	    c->cmsg_type != type)
		return -1;
	/* Some ints arrive as a byte. */
	if (c->cmsg_len == CMSG_LEN(1))
		return *CMSG_DATA(c);
	memcpy(&value, CMSG_DATA(c), sizeof(value));
	return value;
}

/* A control message with an int: struct cmsghdr, which has no fixed size. */
struct int_control {
	size_t len;
	int level;
	int type;
	int value;
	int pad;
};

static struct int_control int_control(int level, int type, int value)
{
	return (struct int_control) {
		.len = CMSG_LEN(sizeof(int)),
		.level = level,
		.type = type,
		.value = value,
	};
}

static const char first[] = "the first segment, ";
static const char second[] = "and the second";
static const char both[] = "the first segment, and the second";

/*
 * A request to send @first and @second. All three parts, name, segments and
 * control, may be NULL. The table of segments stands at an offset that is
 * aligned as @pad says, as everything does.
 */
static void put_message(struct seccomp_notif_inject *inj, int fd, size_t pad,
			const struct address *name, bool segments,
			const struct int_control *control)
{
	struct iovec iov[2];
	struct msghdr msg = {};

	buf_start(&buf, pad);
	if (name) {
		msg.msg_name = (void *)buf_put(&buf, &name->any, name->len);
		msg.msg_namelen = name->len;
	}
	if (segments) {
		iov[0].iov_base = (void *)buf_put(&buf, first, strlen(first));
		iov[0].iov_len = strlen(first);
		iov[1].iov_base = (void *)buf_put(&buf, second, strlen(second));
		iov[1].iov_len = strlen(second);
		/* What comes before may have any length. */
		buf.used = (buf.used + 15) / 8 * 8 + pad % 8;
		msg.msg_iov = (void *)buf_iovec(&buf, iov, 2);
		msg.msg_iovlen = 2;
	}
	if (control) {
		msg.msg_control = (void *)buf_put(&buf, control, sizeof(*control));
		msg.msg_controllen = CMSG_SPACE(sizeof(int));
	}
	*inj = (struct seccomp_notif_inject) {
		.nr = __NR_sendmsg,
		.args = { fd, buf_put(&buf, &msg, sizeof(msg)), 0 },
		.args_in_buf_mask = 1 << 1,
	};
	buf_attach(&buf, inj);
}

/* Does this descriptor, which was received, refer to the target's file? */
static bool is_targets_file(int fd)
{
	char text[7] = "";

	return pread(fd, text, 6, 0) == 6 && !strcmp(text, "target") &&
	       !close(fd);
}

FIXTURE(message) {
	struct loop loop;
	struct address addr;
	int rx;
	int tx;
};

/*
 * What kind of socket, whether the message names its receiver (a connected
 * stream of AF_UNIX refuses that), the control message that is sent and what
 * must arrive of it.
 */
FIXTURE_VARIANT(message) {
	int family;
	int type;
	bool named;
	int level;
	int control;
	int option;
	int value;
};

FIXTURE_VARIANT_ADD(message, unix_dgram) {
	.family = AF_UNIX, .type = SOCK_DGRAM, .named = true,
	.level = SOL_SOCKET, .control = SCM_RIGHTS, .value = LOOP_FD,
};

FIXTURE_VARIANT_ADD(message, unix_stream) {
	.family = AF_UNIX, .type = SOCK_STREAM,
	.level = SOL_SOCKET, .control = SCM_RIGHTS, .value = LOOP_FD,
};

FIXTURE_VARIANT_ADD(message, inet_dgram) {
	.family = AF_INET, .type = SOCK_DGRAM, .named = true,
	.level = SOL_IP, .control = IP_TOS, .option = IP_RECVTOS, .value = 0x10,
};

FIXTURE_VARIANT_ADD(message, inet_stream) {
	.family = AF_INET, .type = SOCK_STREAM, .named = true,
	/* TCP knows no descriptors and says nothing */
	.level = SOL_SOCKET, .control = SCM_RIGHTS, .value = LOOP_FD,
};

FIXTURE_VARIANT_ADD(message, inet6_dgram) {
	.family = AF_INET6, .type = SOCK_DGRAM, .named = true,
	.level = SOL_IPV6, .control = IPV6_TCLASS, .option = IPV6_RECVTCLASS,
	.value = 0x20,
};

FIXTURE_SETUP(message)
{
	int one = 1, other;

	REQUIRE_INJECT();
	self->rx = bound_socket(variant->family, variant->type, &self->addr);
	if (self->rx < 0)
		SKIP(return, "no sockets of family %d", variant->family);
	self->tx = socket(variant->family, variant->type, 0);
	ASSERT_LE(0, self->tx);
	if (variant->type == SOCK_STREAM) {
		ASSERT_EQ(0, listen(self->rx, 1));
		ASSERT_EQ(0, connect(self->tx, &self->addr.any, self->addr.len));
		other = accept(self->rx, NULL, NULL);
		ASSERT_LE(0, other);
		close(self->rx);
		self->rx = other;
	}
	if (variant->option)
		ASSERT_EQ(0, setsockopt(self->rx, variant->level,
					variant->option, &one, sizeof(one)));
	/* Here the descriptor that the target sends is something else. */
	ASSERT_EQ(LOOP_FD, dup2(open("/dev/null", O_RDONLY), LOOP_FD));
	ASSERT_EQ(0, loop_start(&self->loop));
}

FIXTURE_TEARDOWN(message)
{
	loop_stop(&self->loop);
}

/* All that a message can have, at every alignment. */
TEST_F(message, arrives)
{
	struct int_control control = int_control(variant->level,
			variant->control, variant->value);
	struct seccomp_notif_inject inj;
	struct arrived a;
	size_t pad;
	int got;

	for (pad = 1; pad <= 8; pad++) {
		put_message(&inj, self->tx, pad,
			    variant->named ? &self->addr : NULL, true, &control);
		ASSERT_EQ(strlen(both), loop_call(&self->loop, &inj)) {
			TH_LOG("pad %zu", pad);
		}
		receive(self->rx, &a);
		ASSERT_EQ(strlen(both), a.len);
		EXPECT_EQ(0, memcmp(both, a.data, a.len));
		if (variant->option) {
			got = arrived_int(&a, variant->level, variant->control);
			EXPECT_EQ(variant->value, got);
		} else if (variant->family == AF_UNIX) {
			got = arrived_int(&a, SOL_SOCKET, SCM_RIGHTS);
			EXPECT_TRUE(is_targets_file(got));
		} else {
			EXPECT_EQ(0, a.msg.msg_controllen);
		}
	}
}

/* The name is what the call gets, also where it then refuses it. */
TEST_F(message, name_counts)
{
	struct seccomp_notif_inject inj;
	struct arrived a;
	long ret;

	put_message(&inj, self->tx, 8, NULL, true, NULL);
	ret = variant->type == SOCK_STREAM ? (long)strlen(both) :
	      variant->family == AF_UNIX ? -ENOTCONN : -EDESTADDRREQ;
	EXPECT_EQ(ret, loop_call(&self->loop, &inj));
	receive(self->rx, &a);
	EXPECT_EQ(variant->type == SOCK_STREAM ? strlen(both) : -1, a.len);

	put_message(&inj, self->tx, 8, &self->addr, true, NULL);
	ret = variant->family == AF_UNIX && variant->type == SOCK_STREAM ?
	      -EISCONN : (long)strlen(both);
	EXPECT_EQ(ret, loop_call(&self->loop, &inj));
}

/*
 * A datagram socket that is connected to one receiver and may name the other:
 * where a message comes out tells whether its name was NULL.
 */
FIXTURE(nested) {
	struct loop loop;
	struct address peer;
	struct address named;
	int to_peer;
	int to_named;
	int tx;
	int file;
};

FIXTURE_SETUP(nested)
{
	int one = 1;

	REQUIRE_INJECT();
	self->to_peer = bound_socket(AF_INET, SOCK_DGRAM, &self->peer);
	self->to_named = bound_socket(AF_INET, SOCK_DGRAM, &self->named);
	self->tx = socket(AF_INET, SOCK_DGRAM, 0);
	ASSERT_EQ(0, connect(self->tx, &self->peer.any, self->peer.len));
	ASSERT_EQ(0, setsockopt(self->to_peer, SOL_IP, IP_RECVTOS, &one,
				sizeof(one)));
	ASSERT_EQ(0, setsockopt(self->to_named, SOL_IP, IP_RECVTOS, &one,
				sizeof(one)));
	ASSERT_EQ(0, setsockopt(self->tx, SOL_SOCKET, SO_ZEROCOPY, &one,
				sizeof(one)));
	self->file = memfd_create("file", 0);
	ASSERT_LE(0, self->file);
	ASSERT_EQ(0, loop_start(&self->loop));
}

FIXTURE_TEARDOWN(nested)
{
	loop_stop(&self->loop);
}

/* Every combination of a NULL name, no segments and no control data. */
TEST_F(nested, message_nulls)
{
	struct int_control control = int_control(SOL_IP, IP_TOS, 0x10);
	struct seccomp_notif_inject inj;
	struct arrived a, none;
	int i;

	for (i = 0; i < 8; i++) {
		put_message(&inj, self->tx, 8, i & 1 ? &self->named : NULL,
			    i & 2, i & 4 ? &control : NULL);
		ASSERT_EQ(i & 2 ? strlen(both) : 0, loop_call(&self->loop, &inj)) {
			TH_LOG("combination %d", i);
		}
		receive(i & 1 ? self->to_named : self->to_peer, &a);
		receive(i & 1 ? self->to_peer : self->to_named, &none);
		EXPECT_EQ(-1, none.len);
		EXPECT_EQ(i & 2 ? strlen(both) : 0, a.len);
		EXPECT_EQ(0, memcmp(a.data, both, i & 2 ? strlen(both) : 0));
		EXPECT_EQ(i & 4 ? 0x10 : 0, arrived_int(&a, SOL_IP, IP_TOS));
	}
}

/* A message in one piece, with everything at a place that is known. */
struct message {
	__u64 pad;
	struct sockaddr_in name;
	char seg[2][8];
	struct int_control control[2];
	struct iovec iov[2];
	struct msghdr msg;
};

#define M(field) offsetof(struct message, field)
#define M_END sizeof(struct message)

static void fill_message(struct message *m, const struct address *to)
{
	struct int_control control = int_control(SOL_IP, IP_TOS, 0x10);

	memset(m, 0, sizeof(*m));
	m->name = to->in;
	memcpy(m->seg, "0123456789abcdef", 16);
	m->control[0] = control;
	m->control[1] = int_control(SOL_IP, IP_TTL, 9);
	m->iov[0] = (struct iovec){ (void *)M(seg[0]), 8 };
	m->iov[1] = (struct iovec){ (void *)M(seg[1]), 8 };
	m->msg = (struct msghdr) {
		.msg_name = (void *)M(name),
		.msg_namelen = sizeof(m->name),
		.msg_iov = (void *)M(iov),
		.msg_iovlen = 2,
		.msg_control = (void *)M(control),
		.msg_controllen = sizeof(m->control),
	};
}

/**
 * struct change - one change to a good request, and what becomes of it
 * @at: where in the buffer
 * @size: how many bytes
 * @what: says it in words
 * @value: what is put there
 * @error: what SEND says
 */
struct change {
	size_t at;
	size_t size;
	const char *what;
	__u64 value;
	int error;
};

#define MESSAGE(field, ...) \
	{ M(field), sizeof_field(struct message, field), __VA_ARGS__ }

static const struct change message_changes[] = {
	MESSAGE(pad, "nothing", 0, 0),

	MESSAGE(msg.msg_name, "name past the end", M_END - 15, EINVAL),
	MESSAGE(msg.msg_name, "name in the second half of the address space",
		-8ULL, EINVAL),
	MESSAGE(msg.msg_namelen, "name longer than the buffer", M_END, EINVAL),
	MESSAGE(msg.msg_namelen, "name of a negative length", -1U, EINVAL),
	MESSAGE(msg.msg_name, "name in the table of segments", M(iov), EINVAL),
	MESSAGE(msg.msg_name, "name ends in the table", M(iov) - 15, EINVAL),
	MESSAGE(msg.msg_name, "name ends before the table", M(iov) - 16, 0),
	MESSAGE(msg.msg_name, "name in the header", M(msg) + 55, EINVAL),
	MESSAGE(msg.msg_name, "no name, but a length", 0, 0),
	MESSAGE(msg.msg_namelen, "name of no length", 0, 0),
	MESSAGE(msg.msg_name, "name in a segment", M(seg), 0),

	MESSAGE(msg.msg_iov, "table past the end", M_END - 31, EINVAL),
	MESSAGE(msg.msg_iov, "table far away", -32ULL, EINVAL),
	MESSAGE(msg.msg_iov, "table is the header", M(msg), EINVAL),
	MESSAGE(msg.msg_iov, "table ends in the header", M(msg) - 31, EINVAL),
	MESSAGE(msg.msg_iov, "table begins in the header", M(msg) + 55, EINVAL),
	MESSAGE(msg.msg_iov, "no table, but segments", 0, EINVAL),
	MESSAGE(msg.msg_iovlen, "a table of none", 0, 0),
	MESSAGE(msg.msg_iovlen, "more segments than may be", 1025, EINVAL),
	MESSAGE(msg.msg_iovlen, "as many segments as overflow",
		1ULL << 60, EINVAL),
	MESSAGE(msg.msg_iovlen, "segments in the upper half",
		1ULL << 32 | 2, EINVAL),

	MESSAGE(iov[0].iov_base, "segment past the end", M_END - 7, EINVAL),
	MESSAGE(iov[1].iov_len, "segment of a length that leaves",
		M_END - M(seg[1]) + 1, EINVAL),
	MESSAGE(iov[0].iov_base, "segment whose end overflows", -4ULL, EINVAL),
	MESSAGE(iov[0].iov_len, "segment of the greatest length",
		-1ULL, EINVAL),
	MESSAGE(iov[0].iov_base, "segment at NULL", 0, EINVAL),
	MESSAGE(iov[0].iov_base, "segment in the table", M(iov[1]), EINVAL),
	MESSAGE(iov[0].iov_base, "segment that ends in the table",
		M(iov) - 7, EINVAL),
	MESSAGE(iov[1].iov_base, "segment in the header", M(msg) + 48, EINVAL),
	MESSAGE(iov[0].iov_len, "an empty segment", 0, 0),
	MESSAGE(iov[0].iov_base, "one segment is the other", M(seg[1]), 0),
	MESSAGE(iov[0].iov_base, "segment in the name", M(name), 0),

	MESSAGE(msg.msg_control, "control past the end", M_END - 47, EINVAL),
	MESSAGE(msg.msg_control, "control far away", -48ULL, EINVAL),
	MESSAGE(msg.msg_controllen, "control of a length that leaves",
		M_END - M(control) + 1, EINVAL),
	MESSAGE(msg.msg_controllen, "control of the greatest length",
		-1ULL, EINVAL),
	MESSAGE(msg.msg_control, "control in the table", M(iov), EINVAL),
	MESSAGE(msg.msg_control, "control in the header", M(msg), EINVAL),
	MESSAGE(msg.msg_control, "no control, but a length", 0, EINVAL),
	MESSAGE(msg.msg_controllen, "control of no length", 0, 0),
	MESSAGE(msg.msg_controllen, "control shorter than a header", 15, 0),
	MESSAGE(control[0].len, "control message shorter than its header",
		15, EINVAL),
	MESSAGE(control[1].len, "control message longer than all", 25, EINVAL),
	MESSAGE(control[0].len, "control message of the greatest length",
		-1ULL, EINVAL),
	MESSAGE(control[0].len, "control message whose end, aligned, overflows",
		-7ULL, EINVAL),

	MESSAGE(control[0].level, "level UDP", SOL_UDP, EINVAL),
	MESSAGE(control[0].level, "level RDS", 276, EINVAL),
	MESSAGE(control[0].level, "level ALG", 279, EINVAL),
	MESSAGE(control[0].level, "level TLS", 282, EINVAL),
	MESSAGE(control[0].level, "level SCTP", 132, EINVAL),
	MESSAGE(control[0].level, "level -1", -1U, EINVAL),
	MESSAGE(control[1].level, "level RDS of the second message",
		276, EINVAL),
	MESSAGE(control[0].level, "level IPv6", SOL_IPV6, 0),
	MESSAGE(control[0].level, "level SOCKET", SOL_SOCKET, 0),
};

/*
 * Each change alone. What is refused leaves the notification as it was: the
 * good request works with it afterwards, and the other answers do too.
 */
TEST_F(nested, message_changes)
{
	struct message good, m;
	struct seccomp_notif_inject inj = {
		.nr = __NR_sendmsg,
		.args = { self->tx, M(msg), 0 },
		.buf = PTR(&m),
		.buf_size = sizeof(m),
		.args_in_buf_mask = 1 << 1,
	};
	const struct change *c;
	struct arrived a;
	long ret;
	__u64 id;

	fill_message(&good, &self->named);
	for (c = message_changes;
	     c < message_changes + ARRAY_COUNT(message_changes); c++) {
		m = good;
		memcpy((char *)&m + c->at, &c->value, c->size);
		id = self->loop.notif.id;
		ret = loop_call(&self->loop, &inj);
		if (c->error) {
			EXPECT_EQ(REFUSED(c->error), ret)
				TH_LOG("%s", c->what);
			EXPECT_EQ(id, self->loop.notif.id);
		} else {
			EXPECT_LT(REFUSED(0), ret)
				TH_LOG("%s", c->what);
			EXPECT_NE(id, self->loop.notif.id);
		}
	}
	EXPECT_TRUE(loop_answerable(&self->loop));

	/* Away with what the accepted ones have sent. */
	do
		receive(self->to_named, &a);
	while (a.len >= 0);
	m = good;
	EXPECT_EQ(16, loop_call(&self->loop, &inj));
	receive(self->to_named, &a);
	EXPECT_EQ(16, a.len);
	EXPECT_EQ(0, memcmp("0123456789abcdef", a.data, 16));
	EXPECT_EQ(0x10, arrived_int(&a, SOL_IP, IP_TOS));
}

/* The header itself may stand at offset 0, and nowhere outside. */
TEST_F(nested, message_header)
{
	static const struct {
		__u64 at;
		int error;
	} rows[] = {
		{ 1, EINVAL }, { sizeof(struct msghdr), EINVAL },
		{ -1ULL, EINVAL }, { -56ULL, EINVAL }, { 0, 0 },
	};
	struct msghdr msg = {};
	struct seccomp_notif_inject inj = {
		.nr = __NR_sendmsg,
		.args = { self->tx, 0, 0 },
		.buf = PTR(&msg),
		.buf_size = sizeof(msg),
	};
	size_t i;

	/* Neither the target's nor nothing. */
	EXPECT_EQ(REFUSED(EINVAL), loop_call(&self->loop, &inj));
	inj.args[1] = PTR(&msg);
	EXPECT_EQ(REFUSED(EINVAL), loop_call(&self->loop, &inj));

	inj.args_in_buf_mask = 1 << 1;
	for (i = 0; i < ARRAY_COUNT(rows); i++) {
		inj.args[1] = rows[i].at;
		EXPECT_EQ(rows[i].error ? REFUSED(rows[i].error) : 0,
			  loop_call(&self->loop, &inj))
			TH_LOG("header at %lld", rows[i].at);
	}
}

/* IP_PKTINFO does what it says: the sender's address is the one given there. */
TEST_F(nested, message_pktinfo)
{
	struct {
		struct cmsghdr hdr;
		struct in_pktinfo info;
	} control = {
		.hdr.cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo)),
		.hdr.cmsg_level = SOL_IP,
		.hdr.cmsg_type = IP_PKTINFO,
		.info.ipi_spec_dst.s_addr = htonl(INADDR_LOOPBACK + 4),
	};
	struct msghdr msg = {};
	struct seccomp_notif_inject inj = {
		.nr = __NR_sendmsg,
		.args_in_buf_mask = 1 << 1,
	};
	struct arrived a;

	buf_start(&buf, 8);
	msg.msg_control = (void *)buf_put(&buf, &control, sizeof(control));
	msg.msg_controllen = sizeof(control);
	inj.args[0] = self->tx;
	inj.args[1] = buf_put(&buf, &msg, sizeof(msg));
	buf_attach(&buf, &inj);
	ASSERT_EQ(0, loop_call(&self->loop, &inj));
	receive(self->to_peer, &a);
	EXPECT_EQ(0, a.len);
	EXPECT_EQ(htonl(INADDR_LOOPBACK + 4), a.from.in.sin_addr.s_addr);
}

/* The pages would be in use after the call. */
TEST_F(nested, zerocopy)
{
	struct seccomp_notif_inject inj;
	struct arrived a;

	put_message(&inj, self->tx, 8, NULL, true, NULL);
	inj.args[2] = MSG_ZEROCOPY;
	EXPECT_EQ(REFUSED(EINVAL), loop_call(&self->loop, &inj));
	inj.args[2] = MSG_ZEROCOPY | MSG_DONTWAIT;
	EXPECT_EQ(REFUSED(EINVAL), loop_call(&self->loop, &inj));
	inj.args[2] = MSG_DONTWAIT;
	EXPECT_EQ(strlen(both), loop_call(&self->loop, &inj));

	inj = (struct seccomp_notif_inject) {
		.nr = __NR_sendto,
		.args = { self->tx, 0, strlen(both), MSG_ZEROCOPY, 0, 0 },
		.buf = PTR(both),
		.buf_size = strlen(both),
		.args_in_buf_mask = 1 << 1,
	};
	EXPECT_EQ(REFUSED(EINVAL), loop_call(&self->loop, &inj));
	inj.args[3] = MSG_DONTWAIT;
	EXPECT_EQ(strlen(both), loop_call(&self->loop, &inj));

	receive(self->to_peer, &a);
	EXPECT_EQ(strlen(both), a.len);
	receive(self->to_peer, &a);
	EXPECT_EQ(strlen(both), a.len);
	receive(self->to_peer, &a);
	EXPECT_EQ(-1, a.len);
}

/* @count segments of 0 to 6 bytes; their contents follow each other in @all. */
static size_t put_segments(struct seccomp_notif_inject *inj, int fd, int count,
			   size_t pad, char *all)
{
	static struct iovec iov[MAX_SEGMENTS + 1];
	size_t len, total = 0;
	int i, j;

	buf_start(&buf, pad);
	for (i = 0; i < count; i++) {
		len = (i * 5) % 7;
		for (j = 0; j < (int)len; j++)
			all[total + j] = (i * 31 + j * 7) % 251;
		iov[i].iov_base = (void *)buf_put(&buf, all + total, len);
		iov[i].iov_len = len;
		total += len;
	}
	buf.used = (buf.used + 15) / 8 * 8 + pad % 8;
	*inj = (struct seccomp_notif_inject) {
		.nr = __NR_writev,
		.args = { fd, buf_iovec(&buf, iov, count), count },
		.args_in_buf_mask = 1 << 1,
	};
	buf_attach(&buf, inj);
	return total;
}

/* As many segments as a call takes, many of them empty, at every alignment. */
TEST_F(nested, writev_1024)
{
	static char sent[MAX_SEGMENTS * 8 + 8], got[sizeof(sent)];
	struct seccomp_notif_inject inj;
	size_t pad, total;

	for (pad = 1; pad <= 8; pad++) {
		total = put_segments(&inj, self->file, MAX_SEGMENTS, pad, sent);
		EXPECT_EQ(0, lseek(self->file, 0, SEEK_SET));
		EXPECT_EQ(0, ftruncate(self->file, 0));
		ASSERT_EQ(total, loop_call(&self->loop, &inj)) {
			TH_LOG("pad %zu", pad);
		}
		ASSERT_EQ(total, pread(self->file, got, sizeof(got), 0));
		EXPECT_EQ(0, memcmp(sent, got, total));
	}
	put_segments(&inj, self->file, MAX_SEGMENTS + 1, 8, sent);
	EXPECT_EQ(REFUSED(EINVAL), loop_call(&self->loop, &inj));
	EXPECT_TRUE(loop_answerable(&self->loop));
}

/* The sum may be larger than the buffer: all segments are the same bytes. */
TEST_F(nested, writev_sum)
{
	static const size_t size = SECCOMP_NOTIF_INJECT_BUF_MAX -
				   MAX_SEGMENTS * sizeof(struct iovec);
	static struct iovec iov[MAX_SEGMENTS];
	struct seccomp_notif_inject inj = {
		.nr = __NR_writev,
		.args = { open("/dev/null", O_WRONLY) },
		.args_in_buf_mask = 1 << 1,
	};
	int i;

	/* The target's, which has its own table of descriptors, is another. */
	loop_stop(&self->loop);
	ASSERT_EQ(0, loop_start(&self->loop));

	buf_start(&buf, 8);
	buf.used = size;
	for (i = 0; i < MAX_SEGMENTS; i++)
		iov[i] = (struct iovec){ (void *)8, size - 8 };
	inj.args[1] = buf_iovec(&buf, iov, MAX_SEGMENTS);
	inj.args[2] = MAX_SEGMENTS;
	buf_attach(&buf, &inj);
	EXPECT_EQ(SECCOMP_NOTIF_INJECT_BUF_MAX, buf.used);
	EXPECT_EQ(MAX_SEGMENTS * (size - 8), loop_call(&self->loop, &inj));

	/* One byte more and they would read the table. */
	iov[MAX_SEGMENTS - 1].iov_len++;
	buf.used = size;
	buf_iovec(&buf, iov, MAX_SEGMENTS);
	EXPECT_EQ(REFUSED(EINVAL), loop_call(&self->loop, &inj));
}

/* Segments of no length, wherever they are, and calls without any. */
TEST_F(nested, writev_empty)
{
	struct {
		char text[8];
		struct iovec iov[4];
	} b = { .text = "contents" };
	struct seccomp_notif_inject inj = {
		.nr = __NR_writev,
		.args = { self->file, offsetof(typeof(b), iov), 4 },
		.buf = PTR(&b),
		.buf_size = sizeof(b),
		.args_in_buf_mask = 1 << 1,
	};
	char got[9] = "";

	b.iov[0] = (struct iovec){ NULL, 0 };
	b.iov[1] = (struct iovec){ (void *)sizeof(b), 0 };
	b.iov[2] = (struct iovec){ (void *)1, 7 };
	b.iov[3] = (struct iovec){ (void *)offsetof(typeof(b), iov), 0 };
	EXPECT_EQ(7, loop_call(&self->loop, &inj));
	EXPECT_EQ(7, pread(self->file, got, 8, 0));
	EXPECT_STREQ("ontents", got);

	b.iov[2].iov_len = 0;
	EXPECT_EQ(0, loop_call(&self->loop, &inj));
	b.iov[1].iov_base = (void *)(sizeof(b) + 1);
	EXPECT_EQ(REFUSED(EINVAL), loop_call(&self->loop, &inj));

	inj.args[2] = 0;
	EXPECT_EQ(0, loop_call(&self->loop, &inj));
	inj.args[1] = 0;
	inj.args_in_buf_mask = 0;
	EXPECT_EQ(0, loop_call(&self->loop, &inj));
	inj.args[2] = 1;
	EXPECT_EQ(REFUSED(EINVAL), loop_call(&self->loop, &inj));
}

/* A vector in one piece, for changes. */
struct vector {
	char text[16];
	struct iovec iov[2];
};

#define V(field) offsetof(struct vector, field)
#define V_END sizeof(struct vector)

#define VECTOR(field, ...) \
	{ V(field), sizeof_field(struct vector, field), __VA_ARGS__ }

static const struct change vector_changes[] = {
	VECTOR(iov[0].iov_base, "segment past the end", V_END - 7, EINVAL),
	VECTOR(iov[0].iov_base, "segment whose end overflows", -4ULL, EINVAL),
	VECTOR(iov[0].iov_len, "segment of a length that leaves",
	       V_END + 1, EINVAL),
	VECTOR(iov[1].iov_len, "segment of the greatest length", -1ULL, EINVAL),
	VECTOR(iov[1].iov_len, "segment of the greatest signed length",
	       LLONG_MAX, EINVAL),
	VECTOR(iov[1].iov_base, "segment at NULL", 0, EINVAL),
	VECTOR(iov[1].iov_base, "segment in the table", V(iov), EINVAL),
	VECTOR(iov[0].iov_len, "segment that ends in the table",
	       17 - 4, EINVAL),
	VECTOR(iov[0].iov_len, "segment that ends before the table", 16 - 4, 0),
};

/* Nothing of that kind reaches the file, by any of the calls. */
TEST_F(nested, vector_changes)
{
	static const int calls[] = { __NR_writev, __NR_pwritev, __NR_pwritev2 };
	struct vector good = {
		.text = "0123456789abcdef",
		.iov = { { (void *)4, 4 }, { (void *)8, 4 } },
	}, v;
	struct seccomp_notif_inject inj = {
		.args = { self->file, V(iov), 2 },
		.buf = PTR(&v),
		.buf_size = sizeof(v),
		.args_in_buf_mask = 1 << 1,
	};
	const struct change *c;
	struct stat st;
	size_t i;
	long ret;

	for (i = 0; i < ARRAY_COUNT(calls); i++) {
		inj.nr = calls[i];
		ASSERT_EQ(0, ftruncate(self->file, 0));
		for (c = vector_changes;
		     c < vector_changes + ARRAY_COUNT(vector_changes); c++) {
			v = good;
			memcpy((char *)&v + c->at, &c->value, c->size);
			ASSERT_EQ(0, fstat(self->file, &st));
			ASSERT_EQ(0, st.st_size);
			ret = loop_call(&self->loop, &inj);
			EXPECT_EQ(c->error ? REFUSED(c->error) : 16, ret)
				TH_LOG("call %d: %s", calls[i], c->what);
		}
	}
}

static const struct {
	const char *what;
	__u64 at;
	__u64 count;
	int error;
} table_rows[] = {
	{ "two", V(iov), 2, 0 },
	{ "three", V(iov), 3, EINVAL },
	{ "past the end", V(iov) + 1, 2, EINVAL },
	{ "one past the end", V(iov) + 17, 1, EINVAL },
	{ "far away", -16ULL, 1, EINVAL },
	{ "none past the end", V_END + 1, 0, EINVAL },
	{ "as many as overflow", V(iov), 1ULL << 60, EINVAL },
	{ "a count in the upper half", V(iov), 1ULL << 32 | 2, EINVAL },
	{ "a negative count", V(iov), -1ULL, EINVAL },
};

TEST_F(nested, vector_tables)
{
	struct vector v = {
		.text = "0123456789abcdef",
		.iov = { { (void *)4, 4 }, { (void *)8, 4 } },
	};
	struct seccomp_notif_inject inj = {
		.nr = __NR_writev,
		.args = { self->file },
		.buf = PTR(&v),
		.buf_size = sizeof(v),
		.args_in_buf_mask = 1 << 1,
	};
	size_t i;

	for (i = 0; i < ARRAY_COUNT(table_rows); i++) {
		inj.args[1] = table_rows[i].at;
		inj.args[2] = table_rows[i].count;
		EXPECT_EQ(table_rows[i].error ? REFUSED(table_rows[i].error) : 8,
			  loop_call(&self->loop, &inj))
			TH_LOG("%s", table_rows[i].what);
	}
	/* The target's memory is no place for a table. */
	inj.args[1] = PTR(v.iov);
	inj.args[2] = 2;
	inj.args_in_buf_mask = 0;
	EXPECT_EQ(REFUSED(EINVAL), loop_call(&self->loop, &inj));
}

/* Offset and flags are values and arrive as such. */
TEST_F(nested, pwritev)
{
	static const struct {
		int nr;
		__u64 offset;
		__u64 high;
		__u64 flags;
		long ret;
		const char *contents;
	} rows[] = {
		{ __NR_pwritev, 2, 0, 0, 8, "..456789ab......" },
		{ __NR_pwritev2, 5, 0, 0, 8, ".....456789ab..." },
		{ __NR_pwritev2, 0, 0, RWF_APPEND, 8,
		  "................456789ab" },
		/* -1: at the file's position, which is 3 */
		{ __NR_pwritev2, -1ULL, -1ULL, 0, 8, "...456789ab....." },
		{ __NR_pwritev, -2ULL, -1ULL, 0, -EINVAL, "................" },
		{ __NR_pwritev2, 0, 0, 1U << 30, -EOPNOTSUPP,
		  "................" },
	};
	struct vector v = {
		.text = "0123456789abcdef",
		.iov = { { (void *)4, 4 }, { (void *)8, 4 } },
	};
	char got[32];
	size_t i;

	for (i = 0; i < ARRAY_COUNT(rows); i++) {
		struct seccomp_notif_inject inj = {
			.nr = rows[i].nr,
			.args = { self->file, V(iov), 2, rows[i].offset,
				  rows[i].high, rows[i].flags },
			.buf = PTR(&v),
			.buf_size = sizeof(v),
			.args_in_buf_mask = 1 << 1,
		};

		ASSERT_EQ(0, ftruncate(self->file, 0));
		ASSERT_EQ(16, pwrite(self->file, "................", 16, 0));
		ASSERT_EQ(3, lseek(self->file, 3, SEEK_SET));
		EXPECT_EQ(rows[i].ret, loop_call(&self->loop, &inj))
			TH_LOG("row %zu", i);
		memset(got, 0, sizeof(got));
		EXPECT_LT(0, pread(self->file, got, sizeof(got) - 1, 0));
		EXPECT_STREQ(rows[i].contents, got)
			TH_LOG("row %zu", i);
	}
}

/*
 * The race. A thread of the target turns the destination of a message back and
 * forth between one that may be sent to and one that may not; the supervisor
 * looks at it and lets only the first pass. What arrives at the second has won.
 */
#define RACE_MIN 2000
#define RACE_CONTINUE_EVERY 4
#define RACE_SECONDS 100

struct race {
	struct address good;
	struct address evil;
	int tx;
	struct {
		struct sockaddr_in name;
	} *mem;
};

static void *race_flip(void *arg)
{
	struct race *r = arg;
	in_port_t *port = &r->mem->name.sin_port;

	/* Yield: with one processor, or two, it must not be in the way. */
	for (;;) {
		__atomic_store_n(port, r->evil.in.sin_port, __ATOMIC_RELAXED);
		sched_yield();
		__atomic_store_n(port, r->good.in.sin_port, __ATOMIC_RELAXED);
		sched_yield();
	}
	return NULL;
}

static int race_target(void *arg)
{
	struct race *r = arg;
	struct iovec iov = { "x", 1 };
	struct msghdr msg = {
		.msg_name = &r->mem->name,
		.msg_namelen = sizeof(r->mem->name),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	pthread_t thread;

	if (pthread_create(&thread, NULL, race_flip, r))
		return 1;
	for (;;)
		sendmsg(r->tx, &msg, MSG_DONTWAIT);
}

/* How many messages are there? */
static int drain(int fd)
{
	int n = 0;
	char c;

	while (recv(fd, &c, 1, MSG_DONTWAIT) > 0)
		n++;
	return n;
}

TEST_F_TIMEOUT(nested, race_of_the_destination, RACE_SECONDS + 20)
{
	const int nr = __NR_sendmsg;
	int sent[2] = {}, lost[2] = {}, arrived = 0, injected, total = 0;
	struct address to = self->named;
	struct race r = {
		.good = self->named, .evil = self->peer,
		.tx = socket(AF_INET, SOCK_DGRAM, 0),
	};
	struct seccomp_notif_inject inj;
	struct seccomp_notif notif;
	struct target t;
	time_t end;

	r.mem = mmap(NULL, sizeof(*r.mem), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)r.mem);
	r.mem->name = r.good.in;
	ASSERT_EQ(0, target_start(&t, &nr, 1, INJECT_LISTENER, race_target, &r));

	end = time(NULL) + RACE_SECONDS;
	while ((sent[1] < RACE_MIN || !lost[0]) && time(NULL) < end) {
		ASSERT_EQ(0, notif_recv(t.listener, &notif));
		/* Look once, at what is then approved. */
		to.in.sin_port = __atomic_load_n(&r.mem->name.sin_port,
						 __ATOMIC_RELAXED);
		if (to.in.sin_port != r.good.in.sin_port) {
			notif_send(t.listener, notif.id, -EACCES, 0, 0);
			continue;
		}
		injected = total++ % RACE_CONTINUE_EVERY != 0;
		if (injected) {
			put_message(&inj, r.tx, 8, &to, true, NULL);
			ASSERT_EQ(0, notif_inject(t.listener, notif.id, &inj));
		} else {
			ASSERT_EQ(0, notif_continue(t.listener, notif.id));
		}
		/* The next trap tells that this call is over. */
		ASSERT_EQ(0, notif_recv(t.listener, &notif));
		ASSERT_EQ(0, notif_send(t.listener, notif.id, -EACCES, 0, 0));
		sent[injected]++;
		arrived += drain(self->to_named);
		lost[injected] += drain(self->to_peer);
	}
	kill(t.pid, SIGKILL);
	EXPECT_EQ(256 + SIGKILL, target_wait(&t));

	TH_LOG("approved %d by CONTINUE, %d of them raced; %d by INJECTED, %d raced",
	       sent[0], lost[0], sent[1], lost[1]);
	EXPECT_LE(RACE_MIN, sent[1]);
	EXPECT_EQ(0, lost[1]);
	EXPECT_LE(1, lost[0]);
	/* None got lost: what INJECTED approved has arrived. */
	EXPECT_EQ(sent[0] + sent[1], arrived + lost[0] + lost[1]);
}

TEST_HARNESS_MAIN
