// SPDX-License-Identifier: GPL-2.0
/* Calls that hang, containers and agents that die, rootless containers. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define POLICY_TEXT \
	"{ \"profiles\": { \"default\": { \"otherwise\": { \"action\": \"allow\" } } } }"
#define AT_ONCE	20
#define HANGING	12
#define KILLED	200

static int opens(void)
{
	return open("/tmp/allowed", O_RDONLY) < 0 ? errno : 0;
}

static int opens_much(void)
{
	int i, fd;

	for (i = 0; i < 200; i++) {
		fd = open(i % 2 ? "/tmp/allowed" : "/tmp/link", O_RDONLY);
		if (fd < 0)
			return errno;
		close(fd);
	}
	return 0;
}

static int opens_till_refused(void)
{
	int fd;

	for (;;) {
		fd = open("/tmp/allowed", O_RDONLY);
		if (fd < 0)
			return errno;
		close(fd);
	}
}

/* An address that nobody can read until somebody serves it, and nobody does. */
static char *slow_page(int *uffd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	reg.range.start = (unsigned long)page;
	reg.range.len = 4096;
	if (*uffd < 0 || ioctl(*uffd, UFFDIO_API, &api) || ioctl(*uffd, UFFDIO_REGISTER, &reg))
		err(96, "userfaultfd");
	return page;
}

static pid_t start_hanging(int *uffd)
{
	int tell[2];
	pid_t pid;
	char c;

	if (pipe(tell))
		return -1;
	pid = fork();
	if (!pid) {
		char *page;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		page = slow_page(uffd);
		dup2(*uffd, 90);
		if (write(tell[1], "x", 1) == 1)
			open(page, O_RDONLY);
		_exit(0);
	}
	close(tell[1]);
	if (read(tell[0], &c, 1) != 1)
		pid = -1;
	close(tell[0]);
	*uffd = pid < 0 ? -1 : syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, pid, 0), 90, 0);
	return pid;
}

/* The agent waits for the memory of one process, and still answers another. */
static int hangs(void)
{
	struct pollfd p = { .events = POLLIN };

	start_hanging(&p.fd);
	if (poll(&p, 1, 60000) != 1 || opens())
		return 1;
	/* Seen in the log: now there is something to kill. */
	mkdir("/tmp/dir/seen", 0700);
	pause();
	return 1;
}

/* More of them than the agent takes of one container. */
static int hangs_often(void)
{
	struct pollfd p[HANGING];
	int i, hanging = 0;

	for (i = 0; i < HANGING; i++) {
		start_hanging(&p[i].fd);
		p[i].events = POLLIN;
	}
	while (hanging < 8 && poll(p, HANGING, 60000) > 0) {
		for (i = 0; i < HANGING; i++) {
			if (p[i].revents & POLLIN) {
				p[i].fd = -1;
				hanging++;
			}
		}
	}
	if (hanging == 8)
		mkdir("/tmp/dir/hang", 0700);
	pause();
	return 1;
}

static bool is_there(void *path)
{
	return !access(path, F_OK);
}

static void begin(struct box *box)
{
	if (!box_start(box) || !box_send(box))
		errx(1, "no container");
	box_go(box);
}

static void test_hanging(void)
{
	struct box hanging = { .calls = "open openat mkdir", .id = "hanging", .body = hangs };
	struct box other = { .calls = "open openat", .body = opens_much };

	begin(&hanging);
	check(log_has("\"container\":\"hanging\"", "\"call\":\"mkdir\"", NULL),
	      "a call that hangs keeps no other call of its container up");
	check(!box_run(&other), "... and none of another container");
	kill(hanging.pid, SIGKILL);
	check(box_wait(&hanging) == -SIGKILL &&
	      log_has("\"container\":\"hanging\"", "\"verdict\":\"gone\"", NULL),
	      "a task that dies between receive and answer");
	rmdir("/tmp/dir/seen");

	hanging = (struct box){ .calls = "openat", .id = "full", .body = hangs_often };
	begin(&hanging);
	check(eventually(is_there, "/tmp/dir/hang"), "%d calls of a container hang", HANGING);
	check(!box_run(&other), "... another is served");
	kill(hanging.pid, SIGKILL);
	box_wait(&hanging);
	rmdir("/tmp/dir/hang");
	check(log_has("\"container\":\"full\",\"event\":\"end\"", NULL),
	      "... until they are killed");
}

static void test_killed(struct agent *agent)
{
	struct box box = { .calls = "open openat", .body = opens_till_refused };
	int i;

	for (i = 0; i < KILLED; i++) {
		begin(&box);
		if (i % 2)
			usleep(i * 37 % 3000);
		kill(box.pid, SIGKILL);
		if (box_wait(&box) != -SIGKILL)
			break;
	}
	check(i == KILLED && agent_lives(agent), "%d containers killed on the way", KILLED);
}

static void test_at_once(void)
{
	struct box boxes[AT_ONCE];
	int i, good = 0;

	for (i = 0; i < AT_ONCE; i++) {
		boxes[i] = (struct box){ .calls = "open openat", .body = opens_much };
		if (!box_start(&boxes[i]) || !box_send(&boxes[i]))
			errx(1, "no container");
	}
	for (i = 0; i < AT_ONCE; i++)
		box_go(&boxes[i]);
	for (i = 0; i < AT_ONCE; i++)
		good += !box_wait(&boxes[i]);
	check(good == AT_ONCE, "%d containers at once", AT_ONCE);
}

static bool is_stopped(void *arg)
{
	char path[64], text[256] = "", *state;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", *(pid_t *)arg);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
		*text = 0;
	close(fd);
	state = strrchr(text, ')');
	return state && state[2] == 'T';
}

static void test_slow_agent(struct agent *agent)
{
	struct box waits = { .calls = "open openat", .body = opens };
	struct box dies = { .calls = "open openat", .body = opens };

	if (!box_start(&waits) || !box_send(&waits) || !box_start(&dies) || !box_send(&dies))
		errx(1, "no container");
	kill(agent->pid, SIGSTOP);
	eventually(is_stopped, &agent->pid);
	box_go(&waits);
	box_go(&dies);
	usleep(200000);
	check(!waitpid(waits.pid, NULL, WNOHANG), "a call waits for an agent that is stopped");
	kill(dies.pid, SIGKILL);
	check(box_wait(&dies) == -SIGKILL, "... and can be killed meanwhile");
	kill(agent->pid, SIGCONT);
	check(!box_wait(&waits), "... and is answered when it goes on");
}

static int asks_what_is_not_served(void)
{
	errno = 0;
	return syscall(SYS_getppid) < 0 ? errno : 0;
}

static void test_end(struct agent *agent, int signal, const char *name)
{
	struct box old = { .calls = "open openat", .id = "old", .body = opens_till_refused };
	struct box new = { .calls = "open openat", .body = opens };

	begin(&old);
	log_has("\"container\":\"old\"", "\"verdict\"", NULL);
	agent_end(agent, signal);
	check(box_wait(&old) == ENOSYS, "%s: calls fail closed", name);
	check(agent_start(agent, POLICY_TEXT, NULL) && !box_run(&new),
	      "%s: another agent serves new containers", name);
}

/* As the owner of a user namespace, with no privilege outside. */
static int rootless_body(void)
{
	int fd = open("/tmp/dir/rootless", O_CREAT | O_RDWR, 0600);
	struct stat st;

	expect(fd >= 0 && !fstat(fd, &st) && st.st_uid == 0 && getuid() == 0, "owner");
	expect(!mkdir("/tmp/dir/rootless-dir", 0700), "mkdir");
	expect(open("/tmp/secret", O_RDWR) < 0 && errno == EACCES, "what it may not");
	/* A directory that the container may search, and the agent may not. */
	expect(!mkdir("/tmp/dir/shut", 0) && !symlink("/tmp/dir", "/tmp/dir/shut/link"), "shut");
	expect(mkdir("/tmp/dir/shut/link/no", 0700) < 0 && errno == EACCES, "mkdir");
	expect(chdir("/tmp/dir/shut/link") < 0 && errno == EACCES, "chdir");
	expect(open("/tmp/dir/shut/link/rootless", O_RDWR) < 0 && errno == ELOOP, "open");
	expect(!mkdir("/tmp/dir/shut/a", 0700) && !rmdir("/tmp/dir/shut/a"), "the last part");
	expect(!unlink("/tmp/dir/shut/link") && !rmdir("/tmp/dir/shut"), "remove");
	expect(!unlink("/tmp/dir/rootless") && !rmdir("/tmp/dir/rootless-dir"), "remove");
	return unexpected();
}

static void test_rootless(struct agent *agent)
{
	struct box box = { .calls = "open openat mkdir unlink rmdir newfstatat chdir",
			   .new_user = true, .body = rootless_body };

	agent->uid = 1000;
	check(agent_start(agent, POLICY_TEXT, NULL), "rootless: start");
	check(!box_run(&box), "rootless: a user namespace, the agent its owner");
	check(agent_end(agent, SIGTERM) == 0, "rootless: end");
	agent->uid = 0;
}

void test_life(struct agent *agent)
{
	struct box box = { .calls = "getppid", .body = asks_what_is_not_served };
	int fds;

	check(agent_start(agent, POLICY_TEXT, NULL), "life: start");
	fds = agent_fds(agent);
	check(box_run(&box) == ENOSYS && log_has("\"getppid\"", "not served", NULL),
	      "a call that is not served");
	test_hanging();
	test_killed(agent);
	test_at_once();
	test_slow_agent(agent);
	check(agent_has(agent, "fd", fds, fds), "no descriptor is left over");
	check(agent_has(agent, "task", 2, 16), "few threads are left");
	check(log_is_sound(), "the log is sound");
	test_end(agent, SIGKILL, "SIGKILL");
	test_end(agent, SIGTERM, "SIGTERM");
	check(agent_end(agent, SIGTERM) == 0, "life: end");
	test_rootless(agent);
}
