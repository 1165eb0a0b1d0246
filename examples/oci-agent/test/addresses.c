// SPDX-License-Identifier: GPL-2.0
/* Calls with addresses of sockets. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "test.h"

static const char policy[] =
"{ \"profiles\": { \"default\": { \"rules\": [\n"
"    { \"calls\": [\"connect\", \"sendto\", \"sendmsg\"], \"net\": \"127.0.0.0/8\",\n"
"      \"ports\": \"4000-4999\", \"action\": \"allow\" },\n"
"    { \"calls\": [\"connect\", \"sendto\", \"sendmsg\"], \"net\": \"::1/128\",\n"
"      \"ports\": \"4001\", \"action\": \"allow\" },\n"
"    { \"calls\": [\"connect\", \"bind\", \"sendto\"], \"net\": \"::/0\",\n"
"      \"ports\": \"5000-5001\", \"action\": \"allow\" },\n"
"    { \"calls\": [\"connect\", \"bind\", \"sendto\"], \"net\": \"0.0.0.0/0\",\n"
"      \"ports\": \"5001-5002\", \"action\": \"allow\" },\n"
"    { \"calls\": [\"bind\"], \"ports\": \"4000-4999\", \"action\": \"allow\" },\n"
"    { \"calls\": [\"bind\"], \"ports\": \"0\", \"action\": \"deny\", \"errno\": \"EADDRINUSE\" },\n"
"    { \"calls\": [\"connect\", \"bind\", \"sendto\", \"sendmsg\"], \"unix\": \"/tmp/dir\", \"action\": \"allow\" },\n"
"    { \"calls\": [\"connect\", \"bind\"], \"abstract\": \"yes*\", \"action\": \"allow\" },\n"
"    { \"calls\": [\"bind\"], \"abstract\": \"exact\", \"action\": \"allow\" },\n"
"    { \"calls\": [\"bind\"], \"family\": \"netlink\", \"action\": \"allow\" } ],\n"
"    \"otherwise\": { \"action\": \"deny\", \"errno\": \"ENETUNREACH\" } } } }\n";

#define EXPECT(what) expect(what, "%s", #what)

static bool fails(long result, int error)
{
	return result < 0 && errno == error;
}

static struct sockaddr_storage address(const char *ip, int port)
{
	struct sockaddr_storage storage = {};
	struct sockaddr_in *in = (struct sockaddr_in *)&storage;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&storage;

	if (strchr(ip, ':')) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		inet_pton(AF_INET6, ip, &in6->sin6_addr);
	} else {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		inet_pton(AF_INET, ip, &in->sin_addr);
	}
	return storage;
}

static socklen_t length(const struct sockaddr_storage *to)
{
	return to->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

static int does(int (*call)(int, const struct sockaddr *, socklen_t), int type, const char *ip,
		int port)
{
	struct sockaddr_storage to = address(ip, port);
	int fd = socket(to.ss_family, type, 0), result;

	result = call(fd, (struct sockaddr *)&to, length(&to));
	if (result) {
		result = errno;
		close(fd);
		errno = result;
		return -1;
	}
	return fd;
}

static ssize_t sends(int fd, const char *ip, int port, int family)
{
	struct sockaddr_storage to = address(ip, port);
	socklen_t len = length(&to);

	if (family >= 0)
		to.ss_family = family;
	return sendto(fd, "hello", 5, 0, (struct sockaddr *)&to, len);
}

static ssize_t sends_large(int fd, size_t size)
{
	struct sockaddr_storage to = address("127.0.0.1", 4001);
	void *data = calloc(1, size);
	ssize_t n = sendto(fd, data, size, 0, (struct sockaddr *)&to, length(&to));

	free(data);
	return n;
}

static ssize_t sends_message(int fd, const char *ip, int port, size_t size, bool named)
{
	struct sockaddr_storage to = address(ip, port);
	struct iovec iov[3] = { { calloc(1, size + 1), size / 2 }, {}, {} };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 3 };
	ssize_t n;

	iov[2].iov_base = (char *)iov[0].iov_base + size / 2;
	iov[2].iov_len = size - size / 2;
	if (named) {
		msg.msg_name = &to;
		msg.msg_namelen = length(&to);
	}
	n = sendmsg(fd, &msg, MSG_DONTWAIT);
	free(iov[0].iov_base);
	return n;
}

static int internet(void)
{
	int server = does(bind, SOCK_STREAM, "127.0.0.1", 4000), fd;
	int udp = does(bind, SOCK_DGRAM, "0.0.0.0", 4001);
	int udp6 = does(bind, SOCK_DGRAM, "::1", 4001);
	int from = socket(AF_INET, SOCK_DGRAM, 0), from6 = socket(AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	char got[8];

	EXPECT(server >= 0 && udp >= 0 && udp6 >= 0 && !listen(server, 5));
	fd = does(connect, SOCK_STREAM, "127.0.0.1", 4000);
	EXPECT(fd >= 0 && send(fd, "x", 1, 0) == 1);
	EXPECT(does(connect, SOCK_STREAM, "0.0.0.0", 4000) >= 0);
	EXPECT(does(connect, SOCK_STREAM, "::ffff:127.0.0.1", 4000) >= 0);
	EXPECT(fails(does(connect, SOCK_STREAM, "127.0.0.1", 80), ENETUNREACH));
	EXPECT(fails(does(connect, SOCK_DGRAM, "10.0.0.1", 4000), ENETUNREACH));
	EXPECT(fails(does(connect, SOCK_DGRAM, "::ffff:10.0.0.1", 4000), ENETUNREACH));
	EXPECT(fails(does(connect, SOCK_DGRAM, "::1", 4000), ENETUNREACH));
	EXPECT(fails(does(bind, SOCK_STREAM, "127.0.0.1", 80), ENETUNREACH));
	EXPECT(fails(does(bind, SOCK_STREAM, "127.0.0.1", 0), EADDRINUSE));
	EXPECT(fails(connect(from, &none, 1), EINVAL) && fails(connect(from, NULL, 16), EFAULT));
	EXPECT(sends(from, "127.0.0.1", 4001, -1) == 5 && recv(udp, got, 8, 0) == 5);
	EXPECT(sends(from, "0.0.0.0", 4001, -1) == 5 && recv(udp, got, 8, 0) == 5);
	EXPECT(sends(from, "127.0.0.1", 4001, AF_UNSPEC) == 5 && recv(udp, got, 8, 0) == 5);
	EXPECT(sends(from6, "::1", 4001, -1) == 5 && recv(udp6, got, 8, 0) == 5);
	EXPECT(fails(sends(from, "127.0.0.1", 53, -1), ENETUNREACH));
	EXPECT(fails(sends(from, "127.0.0.1", 53, AF_UNSPEC), ENETUNREACH));
	EXPECT(sends_message(from, "127.0.0.1", 4001, 1000, true) == 1000);
	EXPECT(recv(udp, got, sizeof(got), MSG_TRUNC) == 1000);
	EXPECT(fails(sends_message(from, "127.0.0.1", 53, 10, true), ENETUNREACH));
	EXPECT(fails(sends_message(from, "127.0.0.1", 4001, 200000, true), EMSGSIZE));
	EXPECT(fails(sends_large(from, (128 << 10) - 8), EMSGSIZE));
	EXPECT(fails(sends_large(from, (128 << 10) + 8), EMSGSIZE));
	/* A connected datagram socket is asked no more; a stream may take less. */
	fd = does(connect, SOCK_DGRAM, "127.0.0.1", 4001);
	EXPECT(send(fd, "x", 1, 0) == 1 && sends_message(fd, "1.1.1.1", 1, 10, false) == 10);
	EXPECT(!connect(fd, &none, sizeof(none)));
	return unexpected();
}

/* Port 5000 is IPv6's, 5002 is IPv4's, 5001 both may use. */
static int both_families(void)
{
	struct sockaddr_storage to = address("127.0.0.1", 4001);
	int from = socket(AF_INET, SOCK_DGRAM, 0), from6 = socket(AF_INET6, SOCK_DGRAM, 0);

	EXPECT(does(bind, SOCK_DGRAM, "::1", 5000) >= 0);
	EXPECT(fails(does(bind, SOCK_DGRAM, "127.0.0.1", 5000), ENETUNREACH));
	EXPECT(fails(does(bind, SOCK_DGRAM, "::ffff:127.0.0.1", 5000), ENETUNREACH));
	EXPECT(fails(does(bind, SOCK_DGRAM, "::", 5000), ENETUNREACH));
	EXPECT(does(bind, SOCK_DGRAM, "::ffff:127.0.0.1", 5002) >= 0);
	EXPECT(fails(does(bind, SOCK_DGRAM, "::1", 5002), ENETUNREACH));
	EXPECT(fails(does(bind, SOCK_DGRAM, "::", 5002), ENETUNREACH));
	EXPECT(does(bind, SOCK_DGRAM, "::", 5001) >= 0);
	EXPECT(does(connect, SOCK_DGRAM, "::1", 5000) >= 0);
	EXPECT(fails(does(connect, SOCK_DGRAM, "::", 5000), ENETUNREACH));
	EXPECT(does(connect, SOCK_DGRAM, "::", 5001) >= 0);
	EXPECT(sends(from6, "::1", 5000, -1) == 5 && sends(from6, "::", 5001, -1) == 5);
	EXPECT(fails(sends(from6, "::", 5000, -1), ENETUNREACH));
	/* Of no family, and long enough for either. */
	to.ss_family = AF_UNSPEC;
	EXPECT(sendto(from, "x", 1, 0, (struct sockaddr *)&to, 23) == 1);
	EXPECT(fails(sendto(from, "x", 1, 0, (struct sockaddr *)&to, 24), EINVAL));
	return unexpected();
}

static int unix_address(struct sockaddr_un *un, const char *path, bool abstract)
{
	*un = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strcpy(un->sun_path + abstract, path);
	return offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1;
}

int unix_does(int (*call)(int, const struct sockaddr *, socklen_t), const char *path,
	      bool abstract)
{
	struct sockaddr_un un;
	int len = unix_address(&un, path, abstract), fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (call(fd, (struct sockaddr *)&un, len)) {
		len = errno;
		close(fd);
		errno = len;
		return -1;
	}
	return fd;
}

static int unix_sockets(void)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK };
	int server = unix_does(bind, "/tmp/dir/sock", false), fd;
	ssize_t n;

	EXPECT(server >= 0 && !listen(server, 5));
	fd = unix_does(connect, "/tmp/dir/sock", false);
	EXPECT(fd >= 0);
	n = sends_message(fd, "", 0, 400000, false);
	EXPECT(n > 100000 && n < 131072);
	EXPECT(unix_does(connect, "dir/sock", false) >= 0);
	EXPECT(unix_does(connect, "/tmp/link-to-dir/sock", false) >= 0);
	EXPECT(fails(unix_does(connect, "/tmp/dir/../sock", false), ENETUNREACH));
	EXPECT(fails(unix_does(bind, "/tmp/sock", false), ENETUNREACH));
	EXPECT(fails(unix_does(bind, "/tmp/dir/sock", false), EADDRINUSE));
	server = unix_does(bind, "yes sir", true);
	EXPECT(server >= 0 && !listen(server, 5));
	EXPECT(unix_does(connect, "yes sir", true) >= 0);
	EXPECT(unix_does(bind, "exact", true) >= 0);
	EXPECT(fails(unix_does(bind, "exactly", true), ENETUNREACH));
	EXPECT(fails(unix_does(connect, "no", true), ENETUNREACH));
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	EXPECT(!bind(fd, (struct sockaddr *)&nl, sizeof(nl)));
	EXPECT(fails(connect(fd, (struct sockaddr *)&nl, sizeof(nl)), ENETUNREACH));
	EXPECT(!unlink("/tmp/dir/sock"));
	return unexpected();
}

/* What a message gives that has, behind another control message, this one. */
static ssize_t sends_control(const char *ip, int level, int type)
{
	union {
		struct cmsghdr h;
		char buf[2 * CMSG_SPACE(sizeof(int))];
	} control = {};
	struct sockaddr_storage to = address(ip, 4001);
	struct iovec iov = { "x", 1 };
	struct msghdr msg = { .msg_name = &to, .msg_namelen = length(&to),
			      .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *second = (struct cmsghdr *)(control.buf + CMSG_SPACE(sizeof(int)));
	int fd = socket(to.ss_family, SOCK_DGRAM, 0), v6 = to.ss_family == AF_INET6, n = 64;
	ssize_t sent;

	control.h = (struct cmsghdr){ CMSG_LEN(sizeof(int)), v6 ? SOL_IPV6 : SOL_IP,
				      v6 ? IPV6_HOPLIMIT : IP_TTL };
	memcpy(CMSG_DATA(&control.h), &n, sizeof(n));
	*second = (struct cmsghdr){ CMSG_LEN(sizeof(int)), level, type };
	memcpy(CMSG_DATA(second), &(int){ type == IP_RETOPTS ? 0x01010101 : 64 }, sizeof(n));
	if (level < 0)
		msg.msg_controllen = CMSG_SPACE(sizeof(int));
	sent = sendmsg(fd, &msg, 0);
	n = errno;
	close(fd);
	errno = n;
	return sent;
}

/* A control message that leaves no room for anything else. */
static ssize_t sends_large_control(size_t size)
{
	struct sockaddr_storage to = address("127.0.0.1", 4001);
	struct cmsghdr *control = calloc(1, size);
	struct iovec iov = { "x", 1 };
	struct msghdr msg = { .msg_name = &to, .msg_namelen = length(&to),
			      .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = size };

	*control = (struct cmsghdr){ size, SOL_IP, IP_TTL };
	return sendmsg(socket(AF_INET, SOCK_DGRAM, 0), &msg, 0);
}

/* A source route, of IPv4 here one that consists of fillers, is refused. */
static int routes(void)
{
	EXPECT(sends_control("127.0.0.1", -1, 0) == 1);
	EXPECT(sends_control("127.0.0.1", SOL_IP, IP_TTL) == 1);
	EXPECT(fails(sends_control("127.0.0.1", SOL_IP, IP_RETOPTS), EPERM));
	EXPECT(sends_control("::1", -1, 0) == 1);
	EXPECT(fails(sends_control("::1", SOL_IPV6, IPV6_RTHDR), EPERM));
	EXPECT(fails(sends_control("::1", SOL_IPV6, IPV6_2292RTHDR), EPERM));
	return unexpected();
}

/* Descriptors pass; a level that can carry addresses does not. */
static int control_messages(void)
{
	union {
		struct cmsghdr h;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = {};
	char byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = CMSG_SPACE(sizeof(int)) };
	int sv[2], fd = dup(0);

	EXPECT(!socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	control.h = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.h), &fd, sizeof(fd));
	EXPECT(sendmsg(sv[0], &msg, 0) == 1);
	memset(&control, 0, sizeof(control));
	EXPECT(recvmsg(sv[1], &msg, 0) == 1 && control.h.cmsg_type == SCM_RIGHTS);
	control.h.cmsg_level = 276;	/* SOL_RDS */
	EXPECT(fails(sendmsg(sv[0], &msg, 0), EINVAL));
	EXPECT(fails(sendmsg(sv[0], NULL, 0), EFAULT));
	EXPECT(fails(sends_large_control((128 << 10) - 64), EMSGSIZE));
	EXPECT(fails(sends_large_control((128 << 10) + 8), ENOBUFS));
	return unexpected();
}

void test_addresses(struct agent *agent)
{
	struct box box = { .calls = "connect bind sendto sendmsg" };

	check(agent_start(agent, policy, NULL), "addresses: start");
	box.body = internet;
	check(!box_run(&box), "internet addresses");
	check(log_has("\"address\":\"10.0.0.1:4000\"", "\"errno\":\"ENETUNREACH\"", NULL) &&
	      log_has("\"address\":\"[::1]:4001\"", "\"verdict\":\"inject\"", NULL),
	      "... logged as they are understood");
	box.body = both_families;
	check(!box_run(&box), "addresses of both families");
	box.body = unix_sockets;
	check(!box_run(&box), "Unix sockets");
	check(log_has("\"address\":\"unix:@yes sir\"", NULL), "... logged");
	box.body = control_messages;
	check(!box_run(&box), "control messages");
	box.body = routes;
	check(!box_run(&box), "control messages with a route");
	check(log_is_sound(), "the log is sound");
	check(agent_end(agent, SIGTERM) == 0, "addresses: end");
}
