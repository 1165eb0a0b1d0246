// SPDX-License-Identifier: GPL-2.0
/*
 * Substituted system calls: signals, stops and deaths at every stage, of the
 * target and of the listener.
 */
#include "seccomp_inject_calls.h"

#include <sys/un.h>
#include <time.h>

#include "../kselftest_harness.h"

#define CGROUP "/sys/fs/cgroup/seccomp_inject"

static const unsigned long distinct[6] = DISTINCT;

/* Two calls that block for as long as nobody comes. */
enum blocks {
	FIFO_OPEN,
	UNIX_CONNECT,
};

enum interruption {
	HANDLER,
	HANDLER_RESTART,
	STOP,
	FREEZE,
};

FIXTURE(blocked)
{
	char dir[DIR_SIZE];
	struct trapped *c;
	struct target t;
	struct seccomp_notif notif;
	struct sockaddr_un addr;
	int socket;
	bool cgroup;
};

FIXTURE_VARIANT(blocked)
{
	enum blocks in;
	enum interruption by;
};

FIXTURE_VARIANT_ADD(blocked, open_handler) { .by = HANDLER };

FIXTURE_VARIANT_ADD(blocked, open_restart) { .by = HANDLER_RESTART };

FIXTURE_VARIANT_ADD(blocked, open_stop) { .by = STOP };

FIXTURE_VARIANT_ADD(blocked, open_freeze) { .by = FREEZE };

FIXTURE_VARIANT_ADD(blocked, connect_handler) { .in = UNIX_CONNECT, .by = HANDLER };

FIXTURE_VARIANT_ADD(blocked, connect_restart) {
	.in = UNIX_CONNECT, .by = HANDLER_RESTART,
};

FIXTURE_VARIANT_ADD(blocked, connect_stop) { .in = UNIX_CONNECT, .by = STOP };

FIXTURE_VARIANT_ADD(blocked, connect_freeze) { .in = UNIX_CONNECT, .by = FREEZE };

static int write_string(const char *path, const char *string)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret;

	ret = write(fd, string, strlen(string)) == strlen(string) ? 0 : -1;
	close(fd);
	return ret;
}

/* Wait until a cgroup says "frozen 1", or 0. */
static int cgroup_await(const char *what)
{
	char buf[256];
	ssize_t len;
	int fd;

	do {
		usleep(1000);
		fd = open(CGROUP "/cgroup.events", O_RDONLY | O_CLOEXEC);
		len = read(fd, buf, sizeof(buf) - 1);
		close(fd);
		if (len <= 0)
			return -1;
		buf[len] = 0;
	} while (!strstr(buf, what));
	return 0;
}

/* A socket on which connect() blocks: the queue is as full as it gets. */
static int full_listener(struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), peer;

	*addr = (struct sockaddr_un) { .sun_family = AF_UNIX, .sun_path = "socket" };
	if (bind(fd, (void *)addr, sizeof(*addr)) || listen(fd, 0))
		return -1;
	do
		peer = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	while (!connect(peer, (void *)addr, sizeof(*addr)));
	return errno == EAGAIN ? fd : -1;
}

FIXTURE_SETUP(blocked)
{
	REQUIRE_INJECT();
	if (variant->by == FREEZE) {
		self->cgroup = !mkdir(CGROUP, 0700);
		if (access(CGROUP "/cgroup.freeze", W_OK))
			SKIP(return, "no cgroup2 at /sys/fs/cgroup");
	}
	ASSERT_EQ(0, make_dir(self->dir));
	ASSERT_EQ(0, mkfifo("fifo", 0600));
	if (variant->in == UNIX_CONNECT) {
		ASSERT_LE(0, full_listener(&self->addr));
		self->socket = socket(AF_UNIX, SOCK_STREAM, 0);
		ASSERT_LE(0, self->socket);
	}
	self->c = trapped_new();
	ASSERT_NE(NULL, self->c);
}

FIXTURE_TEARDOWN(blocked)
{
	/* Only now, as the target's way out of the group takes a moment. */
	while (self->cgroup && rmdir(CGROUP) && errno == EBUSY)
		usleep(1000);
	EXPECT_EQ(0, remove_dir(self->dir));
}

static int make_call_handled(void *arg)
{
	return record_signal(arg, SIGUSR1, 0) ? 1 : make_call(arg);
}

static int make_call_restarted(void *arg)
{
	return record_signal(arg, SIGUSR1, SA_RESTART) ? 1 : make_call(arg);
}

static int interrupt(pid_t pid, enum interruption by)
{
	char string[16];

	switch (by) {
	case STOP:
		return kill(pid, SIGSTOP) || task_await(pid, 'T') ||
		       kill(pid, SIGCONT);
	case FREEZE:
		snprintf(string, sizeof(string), "%d", pid);
		return write_string(CGROUP "/cgroup.procs", string) ||
		       write_string(CGROUP "/cgroup.freeze", "1") ||
		       cgroup_await("frozen 1") ||
		       write_string(CGROUP "/cgroup.freeze", "0");
	default:
		return kill(pid, SIGUSR1);
	}
}

TEST_F(blocked, and_interrupted)
{
	const bool handled = variant->by == HANDLER ||
			     variant->by == HANDLER_RESTART;
	const bool again = variant->by != HANDLER;
	const int nr = __NR_getppid;
	struct seccomp_notif_inject inj =
		with_path(__NR_openat, AT_FDCWD, "fifo", O_RDONLY, 0);
	__u64 first;
	int i;

	if (variant->in == UNIX_CONNECT)
		inj = (struct seccomp_notif_inject) {
			.nr = __NR_connect,
			.args = { self->socket, 0, sizeof(self->addr) },
			.buf = PTR(&self->addr),
			.buf_size = sizeof(self->addr),
			.args_in_buf_mask = 1 << 1,
		};
	ASSERT_EQ(0, target_start(&self->t, &nr, 1, INJECT_LISTENER,
				  variant->by == HANDLER_RESTART ?
				  make_call_restarted : make_call_handled, self->c));
	ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
	first = self->notif.id;
	ASSERT_EQ(0, notif_inject(self->t.listener, first, &inj));
	ASSERT_EQ(0, task_await(self->t.pid, 'S'));
	ASSERT_EQ(0, interrupt(self->t.pid, variant->by));

	if (again) {
		ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
		EXPECT_NE(first, self->notif.id);
		EXPECT_EQ(nr, self->notif.data.nr);
		for (i = 0; i < 6; i++)
			EXPECT_EQ(distinct[i], self->notif.data.args[i]);
		/* It can be substituted as before. */
		inj = with_path(__NR_mkdirat, AT_FDCWD, "dir", 0700, 0);
		ASSERT_EQ(0, notif_inject(self->t.listener, self->notif.id, &inj));
	}
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_EQ(again ? 0 : -EINTR, self->c->ret);
	EXPECT_EQ(again ? 0 : -1, access("dir", F_OK));
	EXPECT_EQ(handled, self->c->handled);
#ifdef HAVE_RAW_CALL
	for (i = 0; i < 6; i++)
		EXPECT_EQ(distinct[i], self->c->after[i]);
	if (!handled)
		return;
	for (i = 0; i < 6; i++)
		EXPECT_EQ(distinct[i], self->c->regs[i]);
	EXPECT_EQ(again ? nr : -EINTR, self->c->result);
#endif
}

/* SIGKILL, or the listener's end, at every stage. */
FIXTURE(stages)
{
	char dir[DIR_SIZE];
	struct trapped *c;
	struct target t;
	struct seccomp_notif notif;
};

enum stage {
	BEFORE_RECV,
	AFTER_RECV,
	AFTER_SEND,	/* the target has not seen the reply yet */
	INSIDE,
};

FIXTURE_VARIANT(stages)
{
	enum stage stage;
};

FIXTURE_VARIANT_ADD(stages, before_recv) { .stage = BEFORE_RECV };

FIXTURE_VARIANT_ADD(stages, after_recv) { .stage = AFTER_RECV };

FIXTURE_VARIANT_ADD(stages, after_send) { .stage = AFTER_SEND };

FIXTURE_VARIANT_ADD(stages, inside) { .stage = INSIDE };

FIXTURE_SETUP(stages)
{
	/* What is injected is trapped too: a second run of the filters asks. */
	const int nrs[2] = { __NR_getppid, __NR_openat };
	struct seccomp_notif_inject inj =
		with_path(__NR_openat, AT_FDCWD, "fifo", O_RDONLY, 0);
	struct pollfd poll_in = { .events = POLLIN };

	REQUIRE_INJECT();
	ASSERT_EQ(0, make_dir(self->dir));
	ASSERT_EQ(0, mkfifo("fifo", 0600));
	self->c = trapped_new();
	ASSERT_NE(NULL, self->c);
	ASSERT_EQ(0, target_start(&self->t, nrs, 2, INJECT_LISTENER,
				  make_call_restarted, self->c));
	poll_in.fd = self->t.listener;
	ASSERT_EQ(1, poll(&poll_in, 1, -1));
	ASSERT_EQ(POLLIN, poll_in.revents & POLLIN);
	if (variant->stage >= AFTER_RECV)
		ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
	if (variant->stage == AFTER_SEND && target_hold(self->t.pid))
		SKIP(return, "can't have a real-time priority");
	if (variant->stage >= AFTER_SEND)
		ASSERT_EQ(0, notif_inject(self->t.listener, self->notif.id, &inj));
	if (variant->stage == INSIDE)
		ASSERT_EQ(0, task_await(self->t.pid, 'S'));
}

FIXTURE_TEARDOWN(stages)
{
	EXPECT_EQ(0, remove_dir(self->dir));
}

TEST_F(stages, killed)
{
	struct seccomp_notif_inject inj = { .nr = __NR_fchmod, .args = { -1 } };

	ASSERT_EQ(0, kill(self->t.pid, SIGKILL));
	if (variant->stage == BEFORE_RECV) {
		ASSERT_EQ(0, task_await(self->t.pid, 'Z'));
		EXPECT_EQ(-1, notif_recv(self->t.listener, &self->notif));
		EXPECT_EQ(ENOENT, errno);
	}
	if (variant->stage == AFTER_RECV) {
		ASSERT_EQ(0, task_await(self->t.pid, 'Z'));
		EXPECT_EQ(-1, notif_inject(self->t.listener, self->notif.id, &inj));
		EXPECT_EQ(ENOENT, errno);
	}
	EXPECT_EQ(256 + SIGKILL, target_wait(&self->t));
	EXPECT_EQ(0, self->c->handled);
	/* Nobody is left in there. */
	EXPECT_EQ(-1, open("fifo", O_WRONLY | O_NONBLOCK));
	EXPECT_EQ(ENXIO, errno);
}

TEST_F(stages, listener_closed)
{
	const bool injected = variant->stage >= AFTER_SEND;

	close(self->t.listener);
	if (injected) {
		/* Nobody is asked any more: what was decided, is. */
		ASSERT_EQ(0, task_await(self->t.pid, 'S'));
		EXPECT_LE(0, open("fifo", O_WRONLY));
	}
	EXPECT_EQ(0, target_wait(&self->t));
	if (injected) {
		EXPECT_LE(0, self->c->ret);
	} else {
		EXPECT_EQ(-ENOSYS, self->c->ret);
	}
}

/* A restart finds no listener. */
TEST_F(stages, listener_closed_then_signal)
{
	close(self->t.listener);
	if (variant->stage < AFTER_SEND) {
		EXPECT_EQ(0, target_wait(&self->t));
		EXPECT_EQ(-ENOSYS, self->c->ret);
		return;
	}
	ASSERT_EQ(0, task_await(self->t.pid, 'S'));
	ASSERT_EQ(0, kill(self->t.pid, SIGUSR1));
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_EQ(-ENOSYS, self->c->ret);
	EXPECT_EQ(1, self->c->handled);
}

/* With WAIT_KILLABLE_RECV, a signal waits until the reply was carried out. */
FIXTURE(killable)
{
	char dir[DIR_SIZE];
	struct trapped *c;
	struct target t;
	struct seccomp_notif notif;
};

FIXTURE_SETUP(killable)
{
	const int nr = __NR_getppid;

	REQUIRE_INJECT();
	ASSERT_EQ(0, make_dir(self->dir));
	ASSERT_EQ(0, mkfifo("fifo", 0600));
	self->c = trapped_new();
	ASSERT_NE(NULL, self->c);
	ASSERT_EQ(0, target_start(&self->t, &nr, 1, INJECT_LISTENER |
				  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
				  make_call_restarted, self->c));
	ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
	ASSERT_EQ(0, kill(self->t.pid, SIGUSR1));
}

FIXTURE_TEARDOWN(killable)
{
	EXPECT_EQ(0, remove_dir(self->dir));
}

TEST_F(killable, call_that_does_not_block)
{
	struct seccomp_notif_inject inj =
		with_path(__NR_mkdirat, AT_FDCWD, "dir", 0700, 0);
	int i;

	ASSERT_EQ(0, notif_inject(self->t.listener, self->notif.id, &inj));
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_EQ(0, self->c->ret);
	EXPECT_EQ(0, access("dir", F_OK));
	EXPECT_EQ(1, self->c->handled);
#ifdef HAVE_RAW_CALL
	EXPECT_EQ(0, self->c->result);
	for (i = 0; i < 6; i++) {
		EXPECT_EQ(distinct[i], self->c->regs[i]);
		EXPECT_EQ(distinct[i], self->c->after[i]);
	}
#endif
}

TEST_F(killable, call_that_blocks)
{
	struct seccomp_notif_inject inj =
		with_path(__NR_openat, AT_FDCWD, "fifo", O_RDONLY, 0);
	int i;

	ASSERT_EQ(0, notif_inject(self->t.listener, self->notif.id, &inj));
	ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
	for (i = 0; i < 6; i++)
		EXPECT_EQ(distinct[i], self->notif.data.args[i]);
	ASSERT_EQ(0, notif_send(self->t.listener, self->notif.id, 0, 42, 0));
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_EQ(42, self->c->ret);
	EXPECT_EQ(1, self->c->handled);
}

/*
 * A signal that comes between the reply and the target's wake-up: whether the
 * reply or the signal is first, each call is carried out once, and one whose
 * reply came to nothing traps again.
 */

#define RACE_CALLS 2000
#define RACE_SECONDS 10
#define MAX_DELAY 50000

FIXTURE(interrupted_reply)
{
	struct trapped *c;
};

FIXTURE_VARIANT(interrupted_reply)
{
	unsigned long flags;
};

FIXTURE_VARIANT_ADD(interrupted_reply, plain) { };

FIXTURE_VARIANT_ADD(interrupted_reply, killable) {
	.flags = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
};

FIXTURE_SETUP(interrupted_reply)
{
	REQUIRE_INJECT();
	self->c = trapped_new();
	ASSERT_NE(NULL, self->c);
}

FIXTURE_TEARDOWN(interrupted_reply)
{
}

/* Until a call does not write its one byte. */
static int make_many_calls(void *arg)
{
	struct trapped *c = arg;

	if (record_signal(c, SIGUSR1, SA_RESTART))
		return 1;
	do {
		make_call(c);
		c->args[0]++;
	} while (c->ret == 1);
	return 0;
}

static void spin(unsigned int n)
{
	while (n--)
		asm volatile("" : : : "memory");
}

TEST_F_TIMEOUT(interrupted_reply, carried_out_once, 120)
{
	const time_t end = time(NULL) + RACE_SECONDS;
	const int nr = __NR_getppid;
	struct seccomp_notif_inject inj = {
		.nr = __NR_write,
		.args = { 0, 0, 1 },
		.buf = PTR("x"),
		.buf_size = 1,
		.args_in_buf_mask = 1 << 1,
	};
	unsigned int tries, calls = 0, lost = 0, late = 0, delay = 0;
	struct seccomp_notif notif;
	struct target t;
	char dir[DIR_SIZE];
	struct stat st;
	__u64 seen;

	ASSERT_EQ(0, make_dir(dir));
	inj.args[0] = open("file", O_CREAT | O_WRONLY | O_APPEND, 0600);
	seen = distinct[0] - 1;
	/* As root we may without the flag, and are a bit slower. */
	ASSERT_EQ(0, target_start(&t, &nr, 1, variant->flags |
				  (getuid() ? INJECT_LISTENER :
				   SECCOMP_FILTER_FLAG_NEW_LISTENER),
				  make_many_calls, self->c));
	for (tries = 0; calls < RACE_CALLS && time(NULL) < end; tries++) {
		/* A signal may take it away as we are about to receive it. */
		while (notif_recv(t.listener, &notif))
			ASSERT_EQ(ENOENT, errno);
		/* The call that we answered last, again? */
		ASSERT_LE(seen, notif.data.args[0]);
		ASSERT_GE(seen + 1, notif.data.args[0]);
		lost += seen == notif.data.args[0];
		if (tries % 4)
			ASSERT_EQ(0, kill(t.pid, SIGUSR1));
		/* Comes to hover where the reply is as fast as the signal. */
		spin(delay);
		if (notif_inject(t.listener, notif.id, &inj)) {
			ASSERT_EQ(ENOENT, errno);
			late++;
			delay -= delay / 16 + !!delay;
			continue;
		}
		delay = delay < MAX_DELAY ? delay + delay / 16 + 1 : 0;
		if (!(tries % 4))
			ASSERT_EQ(0, kill(t.pid, SIGUSR1));
		calls += seen != notif.data.args[0];
		seen = notif.data.args[0];
	}
	/* The last one, which may come back, too. */
	do {
		while (notif_recv(t.listener, &notif))
			ASSERT_EQ(ENOENT, errno);
		if (notif.data.args[0] == seen)
			notif_inject(t.listener, notif.id, &inj);
	} while (notif.data.args[0] == seen ||
		 notif_send(t.listener, notif.id, 0, 4711, 0));
	EXPECT_EQ(0, target_wait(&t));
	EXPECT_EQ(4711, self->c->ret);
	ASSERT_EQ(0, stat("file", &st));
	EXPECT_EQ(calls, st.st_size);
	EXPECT_EQ(seen - distinct[0] + 1, calls);
	TH_LOG("%u calls; %u times the signal was first, %u replies came to nothing",
	       calls, late, lost);
	EXPECT_EQ(0, remove_dir(dir));
}

TEST_HARNESS_MAIN
