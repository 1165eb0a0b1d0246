// SPDX-License-Identifier: GPL-2.0
/*
 * race: does a supervised task open what its supervisor approved?
 *
 * The target opens one path again and again, while a peer that shares its
 * memory keeps changing that path between a file the target may open and one it
 * may not. Each openat() traps to the supervisor, which copies the path out of
 * the target's memory and approves of the first file only. An approval is given
 *
 *   with CONTINUE: the kernel runs the call that trapped, and so reads the path
 *   a second time, from memory that may have changed meanwhile;
 *
 *   with INJECTED: the kernel runs the call that the supervisor describes, on
 *   the copy of the path that was checked.
 *
 * The target says which file it got: each contains its own name. Exit status 0
 * means that CONTINUE was raced and INJECTED was not.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
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
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inject-helper.h"

/* They differ in one byte, so that no mixture of the two is ever seen. */
#define ALLOWED		"/tmp/key.1001"
#define FORBIDDEN	"/tmp/key.1002"

/* How many approved opens each answer gets. */
#define OPENS		3000

/* What the target found out about the opens that were approved. */
struct found {
	unsigned int allowed;
	unsigned int forbidden;
	unsigned int nothing;
};

/* ---- The target ---- */

/* What the target opens. */
static volatile char *path;

/*
 * The attack: somebody else changes one byte. A thread would do; here it is a
 * process with a shared page, because User-mode Linux, where the demo runs, lets
 * only one thread of a process run at a time.
 */
static void start_flipping(void)
{
	path = mmap(NULL, sizeof(ALLOWED), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (path == MAP_FAILED)
		err(1, "mmap");
	memcpy((char *)path, ALLOWED, sizeof(ALLOWED));

	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			path[strlen(ALLOWED) - 1] ^= '1' ^ '2';
	}
}

/*
 * Trap openat(). A filter that is meant to hold checks the architecture too,
 * and traps open(), openat2() and all else that opens.
 */
static int install_filter(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
		.len = sizeof(insns) / sizeof(insns[0]),
		.filter = insns,
	};

	/*
	 * FLAG_INJECT, under no_new_privs, is the target's consent: it lets a
	 * supervisor substitute calls that has no right to ptrace us.
	 */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err(1, "no_new_privs");
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		       SECCOMP_FILTER_FLAG_NEW_LISTENER |
		       SECCOMP_FILTER_FLAG_INJECT, &prog);
}

static void open_and_look(struct found *found)
{
	char content[sizeof(ALLOWED)] = "";
	int fd = openat(AT_FDCWD, (const char *)path, O_RDONLY);

	if (fd < 0 && errno == EPERM)
		return;			/* The supervisor did not approve. */
	if (fd < 0 || read(fd, content, sizeof(content)) < 0)
		found->nothing++;
	else if (!strcmp(content, ALLOWED))
		found->allowed++;
	else
		found->forbidden++;
	close(fd);
}

/* Give the listener's number to @to, then what was found. */
static void target(int to)
{
	struct found found = {};
	int listener;

	start_flipping();
	listener = install_filter();
	if (listener < 0)
		warn("seccomp(SECCOMP_FILTER_FLAG_INJECT)");
	if (write(to, &listener, sizeof(listener)) < 0 || listener < 0)
		exit(1);

	while (found.allowed + found.forbidden + found.nothing < OPENS)
		open_and_look(&found);
	if (write(to, &found, sizeof(found)) < 0)
		err(1, "write");
	exit(0);
}

/* ---- The supervisor ---- */

/* Copy what the target's path was a moment ago, and decide on the copy. */
static bool approved(const struct seccomp_notif *notif, char *copy, size_t size)
{
	struct iovec here = { copy, size };
	struct iovec there = { (void *)(uintptr_t)notif->data.args[1], size };

	return process_vm_readv(notif->pid, &here, 1, &there, 1, 0) ==
		(ssize_t)size && !memcmp(copy, ALLOWED, size);
}

/* Have the target open the copy. */
static int send_open(int listener, __u64 id, const char *copy)
{
	static struct inject in;

	inject_start(&in, SYS_openat);
	inject_value(&in, 0, AT_FDCWD);
	inject_string(&in, 1, copy);
	inject_value(&in, 2, O_RDONLY);
	return inject_send(&in, listener, id);
}

/* Answer until the target has ended. Returns how many opens were approved. */
static unsigned int supervise(int listener, __u32 answer)
{
	char copy[sizeof(ALLOWED)];
	struct seccomp_notif notif = {};
	unsigned int count = 0;

	while (!ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notif)) {
		struct seccomp_notif_resp resp = { .id = notif.id };
		int ret;

		if (approved(&notif, copy, sizeof(copy))) {
			count++;
			resp.flags = answer;
		} else {
			resp.error = -EPERM;
		}
		if (resp.flags == SECCOMP_USER_NOTIF_FLAG_INJECTED)
			ret = send_open(listener, notif.id, copy);
		else
			ret = ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
		if (ret)
			err(1, "SECCOMP_IOCTL_NOTIF_SEND");
		memset(&notif, 0, sizeof(notif));
	}
	if (errno != ENOENT)
		err(1, "SECCOMP_IOCTL_NOTIF_RECV");
	return count;
}

/* Get the target's descriptor numbered @fd. */
static int get_fd(pid_t pid, int fd)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);
	int ours = syscall(SYS_pidfd_getfd, pidfd, fd, 0);

	if (ours < 0)
		err(1, "pidfd_getfd");
	close(pidfd);
	return ours;
}

/* Run a target and answer it with @answer. */
static struct found race(const char *name, __u32 answer)
{
	unsigned int count;
	struct found found;
	int pipefd[2], fd;
	pid_t pid;

	fflush(stdout);
	if (pipe(pipefd))
		err(1, "pipe");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid)
		target(pipefd[1]);
	close(pipefd[1]);

	if (read(pipefd[0], &fd, sizeof(fd)) != sizeof(fd) || fd < 0)
		errx(1, "the target has no listener");
	fd = get_fd(pid, fd);
	count = supervise(fd, answer);
	close(fd);

	if (read(pipefd[0], &found, sizeof(found)) != sizeof(found))
		errx(1, "the target did not end well");
	close(pipefd[0]);
	waitpid(pid, NULL, 0);
	printf("%-8s  %14u  %14u\n", name, count, found.forbidden);
	if (count != found.allowed + found.forbidden + found.nothing)
		errx(1, "%u approved, but the target saw another number", count);
	return found;
}

static void make_file(const char *name)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	if (fd < 0 || write(fd, name, strlen(name)) < 0 || close(fd))
		err(1, "%s", name);
}

int main(void)
{
	struct found continued, injected;

	make_file(ALLOWED);
	make_file(FORBIDDEN);

	printf("answer    approved opens  of those raced\n");
	continued = race("CONTINUE", SECCOMP_USER_NOTIF_FLAG_CONTINUE);
	injected = race("INJECTED", SECCOMP_USER_NOTIF_FLAG_INJECTED);

	if (injected.forbidden)
		errx(1, "INJECTED was raced: it must never be");
	if (injected.allowed != OPENS)
		errx(1, "INJECTED: %u approved opens failed", injected.nothing);
	if (!continued.forbidden)
		errx(1, "CONTINUE was never raced: this run shows nothing");
	return 0;
}
