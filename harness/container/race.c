// SPDX-License-Identifier: GPL-2.0
/*
 * race CALL ROUNDS: while CALL runs, again and again, another thread turns what
 * its argument points to from good to evil and back. Prints how many calls
 * reached which of the two: "good N evil N refused N". Ends early when enough
 * were evil.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define GOOD_PORT	7001
#define EVIL_PORT	7002
#define ENOUGH		10

enum outcome { GOOD, EVIL, REFUSED, OUTCOMES };

static char path[] = "/race/0";
static struct sockaddr_in addr = { .sin_family = AF_INET };
static int receiver[2];

/* Both differ in one byte, so that no torn value lies between them. */
static volatile char *flipped;
static char flip;

static void *flipper(void *unused)
{
	(void)unused;
	for (;;)
		*flipped ^= flip;
	return NULL;
}

static int udp(int port)
{
	struct sockaddr_in at = addr;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	at.sin_port = htons(port);
	if (fd < 0 || (port && bind(fd, (struct sockaddr *)&at, sizeof(at))))
		err(2, "socket for port %d", port);
	return fd;
}

static enum outcome refused(void)
{
	if (errno != EACCES)
		err(2, "an error that no policy gives");
	return REFUSED;
}

static enum outcome race_openat(void)
{
	int fd = openat(AT_FDCWD, path, O_RDONLY);
	char c;

	if (fd < 0)
		return refused();
	if (read(fd, &c, 1) != 1)
		err(2, "read");
	close(fd);
	return c - '0';
}

static enum outcome race_execve(void)
{
	char *argv[] = { "race", NULL };
	int status;
	pid_t pid;

	/* It gives the kernel our pointer. */
	errno = posix_spawn(&pid, path, NULL, NULL, argv, NULL);
	if (errno)
		return refused();
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		err(2, "waitpid");
	return WEXITSTATUS(status);
}

static enum outcome race_connect(void)
{
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	int fd = udp(0);
	enum outcome outcome;

	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		outcome = refused();
	else if (getpeername(fd, (struct sockaddr *)&peer, &len))
		err(2, "getpeername");
	else
		outcome = peer.sin_port == htons(EVIL_PORT) ? EVIL : GOOD;
	close(fd);
	return outcome;
}

static enum outcome race_sendmsg(void)
{
	struct iovec iov = { "x", 1 };
	struct msghdr msg = {
		.msg_name = &addr, .msg_namelen = sizeof(addr),
		.msg_iov = &iov, .msg_iovlen = 1,
	};
	int fd = udp(0);
	enum outcome outcome;
	char c;

	if (sendmsg(fd, &msg, 0) < 0)
		outcome = refused();
	else if (recv(receiver[EVIL], &c, 1, 0) == 1)
		outcome = EVIL;
	else if (recv(receiver[GOOD], &c, 1, 0) == 1)
		outcome = GOOD;
	else
		err(2, "sent, and nobody got it");
	close(fd);
	return outcome;
}

static const struct {
	const char *name;
	enum outcome (*call)(void);
	volatile char *flipped;
	char flip;
} calls[] = {
	{ "openat", race_openat, path + sizeof(path) - 2, '0' ^ '1' },
	{ "execve", race_execve, path + sizeof(path) - 2, '0' ^ '1' },
	{ "connect", race_connect, (char *)&addr.sin_port + 1, (GOOD_PORT ^ EVIL_PORT) & 0xff },
	{ "sendmsg", race_sendmsg, (char *)&addr.sin_port + 1, (GOOD_PORT ^ EVIL_PORT) & 0xff },
};

int main(int argc, char **argv)
{
	const char *self = (const char *)getauxval(AT_EXECFN);
	int i, rounds, count[OUTCOMES] = {};
	pthread_t thread;

	/* One of the programs that are raced for. */
	if (argc == 1)
		return self[strlen(self) - 1] - '0';
	if (argc != 3)
		errx(2, "usage: race CALL ROUNDS");
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	receiver[GOOD] = udp(GOOD_PORT);
	receiver[EVIL] = udp(EVIL_PORT);
	addr.sin_port = htons(GOOD_PORT);
	for (i = 0; i < 4 && strcmp(argv[1], calls[i].name); i++)
		;
	if (i == 4)
		errx(2, "no race for %s", argv[1]);
	flipped = calls[i].flipped;
	flip = calls[i].flip;
	errno = pthread_create(&thread, NULL, flipper, NULL);
	if (errno)
		err(2, "pthread_create");
	for (rounds = atoi(argv[2]); rounds > 0 && count[EVIL] < ENOUGH; rounds--)
		count[calls[i].call()]++;
	printf("good %d evil %d refused %d\n", count[GOOD], count[EVIL], count[REFUSED]);
	return 0;
}
