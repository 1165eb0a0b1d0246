/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A runtime that is none, and an agent under it: what the tests have in common.
 */
#ifndef _OCI_AGENT_TEST_H
#define _OCI_AGENT_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

/* ---- KTAP ---- */

void check(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int finish(void);

/* In a container: says what went wrong and counts it. */
bool expect(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int unexpected(void);

/* Poll until it is so; false after a minute or more. */
bool eventually(bool (*is_so)(void *arg), void *arg);

/* ---- The agent ---- */

struct agent {
	pid_t pid;
	const char *program;
	uid_t uid;
};

#define SOCKET		"/tmp/agent.sock"
#define POLICY		"/tmp/policy.json"
#define LOG		"/tmp/agent.log"
#define PID_FILE	"/tmp/agent.pid"
#define ERRORS		"/tmp/agent.err"

void write_file(const char *path, const char *text);

/* With options that end with NULL. Waits until it is ready, or ends. */
bool agent_start(struct agent *agent, const char *policy, ...);
/* Its status once it has ended (negative: by that signal). */
int agent_end(struct agent *agent, int signal);
bool agent_lives(struct agent *agent);
int agent_fds(struct agent *agent);
/* Has it, or will it have, from @min to @max in /proc/PID/@what? */
bool agent_has(struct agent *agent, const char *what, int min, int max);

/* Is there, or will there be, a line with all of these in the log? Ends with NULL. */
bool log_has(const char *text, ...);
/* Every line is a JSON object, and there are some. */
bool log_is_sound(void);
void show_end_of_log(void);
bool errors_have(const char *text);

/* ---- Containers ---- */

enum send {
	WHOLE,
	IN_PIECES,
	KEPT_OPEN,
	AMONG_OTHERS,
	/* What is wrong */
	NO_DESCRIPTOR,
	NO_SUCH_NAME,
	NOT_A_LISTENER,
	CUT_SHORT,
	HUGE,
	NOT_JSON,
	JSON_NULL,
	DEEP,
	NO_ID,
	NUL_IN_ID,
	WRONG_TYPES,
	NOTHING,
};

struct box {
	const char *calls;	/* that are trapped */
	const char *metadata;
	const char *id;
	int (*body)(void);	/* the status that the first process ends with */
	bool new_user;
	bool new_pid;
	enum send send;
	/* Set by box_start() */
	pid_t pid;
	int listener;
	int go;
	int connection;
};

/* A process under a filter, which waits for box_go(). */
bool box_start(struct box *box);
/* Send the state. Returns false if the agent refuses it. */
bool box_send(struct box *box);
void box_go(struct box *box);
int box_wait(struct box *box);
/* All of it: the status. */
int box_run(struct box *box);

/* ---- What is tested ---- */

extern const char *self;	/* a copy of this program, for containers to execute */

/* A socket on which connect() or bind() was called, or -1 and errno. */
int unix_does(int (*call)(int, const struct sockaddr *, socklen_t), const char *path,
	      bool abstract);

void test_without(struct agent *agent);
void test_options(struct agent *agent);
void test_protocol(struct agent *agent);
void test_paths(struct agent *agent);
void test_exec(struct agent *agent);
void test_addresses(struct agent *agent);
void test_life(struct agent *agent);
void test_races(struct agent *agent);

#endif
