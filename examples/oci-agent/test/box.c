// SPDX-License-Identifier: GPL-2.0
/* A process under a filter, and the message of its runtime, sound or not. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static int load_filter(const char *calls)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	char *list = strdup(calls), *next = list, *name;
	int nr;

	while ((name = strsep(&next, " "))) {
		nr = seccomp_syscall_resolve_name(name);
		if (nr == __NR_SCMP_ERROR && !strcmp(name, "fchmodat2"))
			nr = 452;
		if (nr == __NR_SCMP_ERROR || seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, nr, 0))
			errx(1, "no filter for %s", name);
	}
	free(list);
	if (seccomp_load(ctx))
		err(1, "seccomp_load");
	return seccomp_notify_fd(ctx);
}

static void map_root(uid_t uid)
{
	char text[32];

	write_file("/proc/self/setgroups", "deny");
	snprintf(text, sizeof(text), "0 %d 1", uid);
	write_file("/proc/self/uid_map", text);
	write_file("/proc/self/gid_map", text);
}

static void __attribute__((noreturn)) first_process(struct box *box, int tell, int go)
{
	int fd;
	char c;

	if (box->new_user) {
		/* To be dumpable again, as a program is that such a user started. */
		if (setgid(1000) || setuid(1000) || prctl(PR_SET_DUMPABLE, 1) ||
		    unshare(CLONE_NEWUSER))
			err(1, "new user namespace");
		map_root(1000);
	}
	if (box->new_pid) {
		if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("proc", "/proc", "proc", 0, NULL))
			err(1, "new /proc");
	}
	fd = load_filter(box->calls);
	if (write(tell, &fd, sizeof(fd)) != sizeof(fd) || read(go, &c, 1) != 1)
		_exit(99);
	close(fd);
	close(tell);
	close(go);
	_exit(box->body());
}

bool box_start(struct box *box)
{
	int tell[2], go[2], pidfd, fd = -1;

	if (pipe2(tell, O_CLOEXEC) || pipe2(go, O_CLOEXEC))
		return false;
	fflush(stdout);
	box->pid = syscall(SYS_clone, SIGCHLD | (box->new_pid ? CLONE_NEWPID : 0), 0, 0, 0, 0);
	if (!box->pid) {
		close(go[1]);
		close(tell[0]);
		first_process(box, tell[1], go[0]);
	}
	close(tell[1]);
	close(go[0]);
	box->go = go[1];
	box->connection = -1;
	if (read(tell[0], &fd, sizeof(fd)) != sizeof(fd))
		fd = -1;
	close(tell[0]);
	pidfd = syscall(SYS_pidfd_open, box->pid, 0);
	box->listener = fd < 0 ? -1 : syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	close(pidfd);
	return box->listener >= 0;
}

/* ---- The message ---- */

static const char *fds_of(const struct box *box)
{
	switch (box->send) {
	case AMONG_OTHERS:
		return "[\"one\", \"seccompFd\", \"three\"]";
	case NO_SUCH_NAME:
		return "[\"one\"]";
	case WRONG_TYPES:
		return "{\"seccompFd\": 0}";
	default:
		return "[\"seccompFd\"]";
	}
}

static char *state_of(const struct box *box)
{
	const char *id = box->id ?: "box", *metadata = box->metadata ?: "";
	char *state = NULL;

	if (box->send == NUL_IN_ID)
		id = "box\\u0000";
	if (asprintf(&state,
		     "{\"ociVersion\": \"1.0.2\", \"fds\": %s, \"pid\": %d, \"metadata\": \"%s\","
		     " \"state\": {\"ociVersion\": \"1.0.2\", \"%s\": \"%s\","
		     " \"status\": \"creating\", \"pid\": %d, \"bundle\": \"/b\"}}",
		     fds_of(box), box->pid, metadata, box->send == NO_ID ? "di" : "id", id,
		     box->pid) < 0)
		err(1, "asprintf");
	if (box->send == CUT_SHORT)
		state[strlen(state) - 2] = 0;
	if (box->send == NOT_JSON)
		state[0] = '[';
	if (box->send == JSON_NULL)
		strcpy(state, "null ");
	if (box->send == HUGE || box->send == DEEP) {
		state = realloc(state, 2 << 20);
		memset(state, box->send == DEEP ? '[' : ' ', (2 << 20) - 1);
		state[(2 << 20) - 1] = 0;
	}
	return state;
}

/* The first bytes with descriptors, the others without. */
static bool send_bytes(int to, const char *text, size_t len, const int *fds, int nr_fds)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(3 * sizeof(int))];
	} control = {};
	struct iovec iov = { (void *)text, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;
	ssize_t n;

	if (nr_fds) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(nr_fds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, nr_fds * sizeof(int));
	}
	while (iov.iov_len) {
		n = sendmsg(to, &msg, MSG_NOSIGNAL);
		if (n < 0)
			return false;
		iov.iov_base = (char *)iov.iov_base + n;
		iov.iov_len -= n;
		msg.msg_control = NULL;
		msg.msg_controllen = 0;
	}
	return true;
}

static bool send_state(const struct box *box, int to)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), nr_fds = 1;
	int fds[3] = { box->listener, null, null };
	char *state = state_of(box);
	size_t first = strlen(state);
	bool sent;

	if (box->send == NO_DESCRIPTOR)
		nr_fds = 0;
	if (box->send == NOT_A_LISTENER)
		fds[0] = null;
	if (box->send == AMONG_OTHERS) {
		fds[0] = null;
		fds[1] = box->listener;
		nr_fds = 3;
	}
	if (box->send == IN_PIECES)
		first = 7;
	sent = send_bytes(to, state, first, fds, nr_fds) &&
	       send_bytes(to, state + first, strlen(state + first), NULL, 0);
	free(state);
	close(null);
	return sent;
}

bool box_send(struct box *box)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	struct pollfd p = { .events = POLLIN };
	char *started;
	bool taken = true;

	p.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(p.fd, (struct sockaddr *)&addr, sizeof(addr)))
		err(1, "connect to the agent");
	if (box->send != NOTHING && !send_state(box, p.fd))
		taken = false;
	if (box->send != KEPT_OPEN)
		shutdown(p.fd, SHUT_WR);
	/* The agent closes when it has made up its mind. */
	if (poll(&p, 1, 60000) != 1)
		taken = false;
	if (box->send == KEPT_OPEN)
		box->connection = p.fd;
	else
		close(p.fd);
	close(box->listener);
	box->listener = -1;
	if (asprintf(&started, "\"container\":\"%s\",\"event\":\"start\"", box->id ?: "box") < 0)
		err(1, "asprintf");
	taken = taken && box->send < NO_DESCRIPTOR && log_has(started, NULL);
	free(started);
	return taken;
}

void box_go(struct box *box)
{
	if (write(box->go, "x", 1) != 1)
		warn("box_go");
	close(box->go);
	box->go = -1;
}

static bool has_ended(void *arg)
{
	siginfo_t info = {};

	waitid(P_PID, *(pid_t *)arg, &info, WEXITED | WNOHANG | WNOWAIT);
	return info.si_pid;
}

int box_wait(struct box *box)
{
	int status;

	if (!eventually(has_ended, &box->pid)) {
		show_end_of_log();
		kill(box->pid, SIGKILL);
	}
	if (waitpid(box->pid, &status, 0) != box->pid)
		return -1000;
	if (box->connection >= 0)
		close(box->connection);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int box_run(struct box *box)
{
	if (!box_start(box) || !box_send(box)) {
		kill(box->pid, SIGKILL);
		box_wait(box);
		return -1001;
	}
	box_go(box);
	return box_wait(box);
}
