// SPDX-License-Identifier: GPL-2.0
/* What a runtime sends, sound or not, and what is left of it. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "test.h"

#define POLICY_TEXT \
	"{ \"profiles\": { \"default\": { \"otherwise\": { \"action\": \"allow\" } } } }"
#define STALLED	70
#define MANY	400

static const struct {
	enum send send;
	const char *name;
} good[] = {
	{ WHOLE, "one message" },
	{ IN_PIECES, "in pieces" },
	{ KEPT_OPEN, "and the connection stays open" },
	{ AMONG_OTHERS, "with other descriptors" },
};

/* With what the log says of it. */
static const struct {
	enum send send;
	const char *name;
	const char *says;
} bad[] = {
	{ NO_DESCRIPTOR, "no descriptor", "no descriptor came" },
	{ NO_SUCH_NAME, "no seccompFd among the names", "names no seccompFd" },
	{ NOT_A_LISTENER, "a descriptor that is no listener", "no seccomp listener" },
	{ CUT_SHORT, "cut short", "cut short" },
	{ HUGE, "two megabytes", "too long" },
	{ NOT_JSON, "no JSON", "expected" },
	{ DEEP, "nested without end", "nesting" },
	{ JSON_NULL, "null", "without a container id" },
	{ NO_ID, "no container id", "without a container id" },
	{ NUL_IN_ID, "a NUL in the container id", "without a container id" },
	{ WRONG_TYPES, "values of other types", "names no seccompFd" },
	{ NOTHING, "nothing at all", "without a state" },
};

static int opens(void)
{
	return open("/tmp/allowed", O_RDONLY) < 0 ? errno : 0;
}

static struct box box_with(enum send send)
{
	return (struct box){ .calls = "openat open", .body = opens, .send = send };
}

static void test_refused(enum send send, const char *name, const char *says)
{
	struct box box = box_with(send);
	bool refused;

	if (!box_start(&box))
		errx(1, "no container");
	refused = !box_send(&box);
	box_go(&box);
	check(refused && box_wait(&box) == ENOSYS && log_has("\"event\":\"refused\"", says, NULL),
	      "state refused, calls fail: %s", name);
}

/* Connections that say nothing do not keep others out. */
static void test_stalled(struct agent *agent)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	struct box box = box_with(WHOLE);
	int fds[STALLED], i, connected = 0;

	for (i = 0; i < STALLED; i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		connected += !connect(fds[i], (struct sockaddr *)&addr, sizeof(addr));
	}
	check(connected == STALLED && !box_run(&box), "behind %d stalled connections", STALLED);
	check(agent_fds(agent) < STALLED + 12, "the oldest of them are dropped");
	for (i = 0; i < STALLED; i++)
		close(fds[i]);
}

void test_protocol(struct agent *agent)
{
	struct box box;
	int fds, ok;
	size_t i;

	check(agent_start(agent, POLICY_TEXT, NULL), "protocol: start");
	fds = agent_fds(agent);
	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		box = box_with(good[i].send);
		check(!box_run(&box), "state taken: %s", good[i].name);
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		test_refused(bad[i].send, bad[i].name, bad[i].says);
	test_stalled(agent);
	check(agent_has(agent, "fd", fds, fds), "no descriptor is left over");
	for (ok = 0; ok < MANY; ok++) {
		box = box_with(ok % 4);
		if (box_run(&box))
			break;
	}
	check(ok == MANY, "%d containers, one after the other", MANY);
	check(agent_has(agent, "fd", fds, fds), "no descriptor is left over");
	check(log_is_sound(), "the log is sound");
	check(agent_end(agent, SIGTERM) == 0, "protocol: end");
}
