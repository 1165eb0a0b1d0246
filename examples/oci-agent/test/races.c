// SPDX-License-Identifier: GPL-2.0
/*
 * A container that changes what its argument points to: it gets what is denied
 * from an agent that answers CONTINUE, and never from one that injects.
 *
 * The two attackers are processes that share a page: User-mode Linux runs only
 * one thread of a process at a time.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define MOST_ROUNDS	20000
#define FEWEST_ROUNDS	1000

static const char policy[] =
"{ \"profiles\": { \"default\": { \"rules\": [\n"
"    { \"calls\": [\"open\"], \"path\": \"/tmp/race/b\", \"action\": \"deny\", \"errno\": \"EXDEV\" },\n"
"    { \"calls\": [\"exec\"], \"path\": \"/tmp/race/B\", \"action\": \"deny\", \"errno\": \"EXDEV\" },\n"
"    { \"calls\": [\"connect\", \"sendmsg\"], \"ports\": \"4002\", \"action\": \"deny\",\n"
"      \"errno\": \"EXDEV\" } ],\n"
"    \"otherwise\": { \"action\": \"allow\" } } } }\n";

/* What attackers and test share. */
struct shared {
	union {
		char path[64];
		struct sockaddr_in to;
	};
	int rounds;		/* that are to be made, or 0: until it is beaten */
	int made;
	int approved;
	int beaten;
};

static struct shared *shared;

static void start_flipping(volatile char *byte, char a, char b)
{
	pid_t parent = getpid();
	int i;

	if (fork())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* As long a as b, wherever it is interrupted. */
	while (getppid() == parent)
		for (i = 0; i < 1000; i++)
			*byte ^= a ^ b;
	_exit(0);
}

/* One more? */
static bool next_round(void)
{
	return shared->rounds ? shared->made++ < shared->rounds :
	       shared->made++ < MOST_ROUNDS && !shared->beaten;
}

static int race_openat(void)
{
	char c;
	int fd;

	strcpy(shared->path, "/tmp/race/a");
	start_flipping(&shared->path[10], 'a', 'b');
	while (next_round()) {
		fd = openat(AT_FDCWD, shared->path, O_RDONLY);
		if (fd < 0)
			continue;
		shared->approved++;
		shared->beaten += read(fd, &c, 1) == 1 && c == 'b';
		close(fd);
	}
	return 0;
}

static int race_execve(void)
{
	char *argv[] = { "x", "executed", NULL }, *envp[] = { NULL };
	int status;
	pid_t pid;

	strcpy(shared->path, "/tmp/race/A");
	start_flipping(&shared->path[10], 'A', 'B');
	while (next_round()) {
		pid = vfork();
		if (!pid) {
			execve(shared->path, argv, envp);
			_exit(99);
		}
		if (waitpid(pid, &status, 0) != pid)
			return 1;
		shared->approved += WEXITSTATUS(status) != 99;
		shared->beaten += WEXITSTATUS(status) == 11;
	}
	return 0;
}

static volatile char *flip_port(void)
{
	shared->to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(4001) };
	shared->to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return (char *)&shared->to.sin_port + 1;
}

static int race_connect(void)
{
	struct sockaddr_in peer;
	socklen_t len;
	int fd;

	start_flipping(flip_port(), 4001 & 255, 4002 & 255);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	while (next_round()) {
		if (connect(fd, (struct sockaddr *)&shared->to, sizeof(shared->to)))
			continue;
		shared->approved++;
		len = sizeof(peer);
		shared->beaten += !getpeername(fd, (struct sockaddr *)&peer, &len) &&
				  peer.sin_port == htons(4002);
	}
	return 0;
}

static int bound(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return bind(fd, (struct sockaddr *)&at, sizeof(at)) ? -1 : fd;
}

static int race_sendmsg(void)
{
	int a = bound(4001), b = bound(4002), fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct iovec iov = { "x", 1 };
	struct msghdr msg = { .msg_name = &shared->to, .msg_namelen = sizeof(shared->to),
			      .msg_iov = &iov, .msg_iovlen = 1 };
	char c;

	if (a < 0 || b < 0)
		return 1;
	start_flipping(flip_port(), 4001 & 255, 4002 & 255);
	while (next_round()) {
		if (sendmsg(fd, &msg, 0) != 1)
			continue;
		shared->approved++;
		shared->beaten += recv(b, &c, 1, MSG_DONTWAIT) == 1;
		recv(a, &c, 1, MSG_DONTWAIT);
	}
	return 0;
}

static const struct {
	const char *call;
	int (*body)(void);
} races[] = {
	{ "openat", race_openat },
	{ "execve", race_execve },
	{ "connect", race_connect },
	{ "sendmsg", race_sendmsg },
};

#define NR_RACES	(sizeof(races) / sizeof(*races))

static bool race(size_t i, int rounds)
{
	struct box box = { .calls = races[i].call, .body = races[i].body };

	memset(shared, 0, sizeof(*shared));
	shared->rounds = rounds;
	return !box_run(&box);
}

void test_races(struct agent *agent)
{
	int rounds[NR_RACES];
	bool ran;
	size_t i;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(agent_start(agent, policy, "--mode", "continue", NULL), "races: CONTINUE");
	for (i = 0; i < NR_RACES; i++) {
		ran = race(i, 0);
		printf("# %s: %d calls, %d approved, %d raced\n", races[i].call, shared->made,
		       shared->approved, shared->beaten);
		check(ran && shared->beaten, "CONTINUE is beaten: %s", races[i].call);
		rounds[i] = 2 * shared->made;
		if (rounds[i] < FEWEST_ROUNDS)
			rounds[i] = FEWEST_ROUNDS;
	}
	agent_end(agent, SIGTERM);
	check(agent_start(agent, policy, NULL), "races: INJECTED");
	for (i = 0; i < NR_RACES; i++) {
		ran = race(i, rounds[i]);
		printf("# %s: %d calls, %d approved, %d raced\n", races[i].call, shared->made,
		       shared->approved, shared->beaten);
		check(ran && shared->approved && !shared->beaten, "INJECTED is not: %s",
		      races[i].call);
	}
	check(agent_end(agent, SIGTERM) == 0, "races: end");
}
