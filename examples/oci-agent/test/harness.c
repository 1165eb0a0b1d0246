// SPDX-License-Identifier: GPL-2.0
/* KTAP, and the agent: starting it, ending it, reading what it wrote. */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static int tests, failures, surprises;

void check(bool ok, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d ", ok ? "" : "not ", ++tests);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	failures += !ok;
}

int finish(void)
{
	printf("1..%d\n", tests);
	return failures ? 1 : 0;
}

bool expect(bool ok, const char *fmt, ...)
{
	int error = errno;
	va_list ap;

	if (ok)
		return true;
	surprises++;
	printf("# unexpected: ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(" (errno %s)\n", strerrorname_np(error));
	fflush(stdout);
	return false;
}

int unexpected(void)
{
	return surprises;
}

bool eventually(bool (*is_so)(void *arg), void *arg)
{
	int i;

	for (i = 0; i < 6000; i++) {
		if (is_so(arg))
			return true;
		usleep(10000);
	}
	return false;
}

/* ---- Files ---- */

void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err(1, "%s", path);
	close(fd);
}

static char *read_file(const char *path)
{
	size_t len = 0, size = 1 << 16;
	char *text = malloc(size + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	while (fd >= 0 && (n = read(fd, text + len, size - len)) > 0) {
		len += n;
		if (len == size)
			text = realloc(text, (size *= 2) + 1);
	}
	text[len] = 0;
	if (fd >= 0)
		close(fd);
	return text;
}

bool errors_have(const char *what)
{
	char *text = read_file(ERRORS);
	bool found = strstr(text, what);

	if (!found)
		printf("# the agent said: %s\n", text);
	free(text);
	return found;
}

void show_end_of_log(void)
{
	char *text = read_file(LOG), *line, *next = text;
	size_t len = strlen(text);

	if (len > 2000)
		next += len - 2000;
	while ((line = strsep(&next, "\n")))
		printf("# log: %s\n", line);
	fflush(stdout);
	free(text);
}

/* ---- The agent ---- */

static bool is_ready_or_gone(void *arg)
{
	char *text = read_file(ERRORS);
	bool ready = strstr(text, "oci-agent: ready\n");

	free(text);
	return ready || !agent_lives(arg);
}

bool agent_start(struct agent *agent, const char *policy, ...)
{
	const char *argv[20] = { agent->program, "--listen", SOCKET, "--policy", POLICY,
				 "--log", LOG, "--pid-file", PID_FILE };
	int n = 9, fd;
	va_list ap;

	va_start(ap, policy);
	while (n < 19 && (argv[n] = va_arg(ap, const char *)))
		n++;
	va_end(ap);
	write_file(POLICY, policy);
	unlink(LOG);
	unlink(ERRORS);
	unlink(SOCKET);
	fflush(stdout);
	agent->pid = fork();
	if (!agent->pid) {
		fd = open(ERRORS, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		dup2(fd, 2);
		closefrom(3);
		if (agent->uid && (setgid(agent->uid) || setuid(agent->uid)))
			_exit(126);
		execv(argv[0], (char **)argv);
		_exit(127);
	}
	eventually(is_ready_or_gone, agent);
	return agent_lives(agent);
}

bool agent_lives(struct agent *agent)
{
	siginfo_t info = {};

	waitid(P_PID, agent->pid, &info, WEXITED | WNOHANG | WNOWAIT);
	return !info.si_pid;
}

int agent_end(struct agent *agent, int signal)
{
	int status;

	if (signal)
		kill(agent->pid, signal);
	if (waitpid(agent->pid, &status, 0) != agent->pid)
		return -1000;
	if (WIFSIGNALED(status))
		return -WTERMSIG(status);
	/* A sanitizer's findings are not to be lost. */
	if (WEXITSTATUS(status) && signal == SIGTERM)
		errors_have("nothing");
	return WEXITSTATUS(status);
}

static int entries(struct agent *agent, const char *what)
{
	char path[64];
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/%s", agent->pid, what);
	dir = opendir(path);
	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n - 2;
}

int agent_fds(struct agent *agent)
{
	return entries(agent, "fd");
}

struct range {
	struct agent *agent;
	const char *what;
	int min, max;
};

static bool in_range(void *arg)
{
	struct range *range = arg;
	int n = entries(range->agent, range->what);

	return n >= range->min && n <= range->max;
}

bool agent_has(struct agent *agent, const char *what, int min, int max)
{
	struct range range = { agent, what, min, max };

	if (eventually(in_range, &range))
		return true;
	printf("# %d in %s, wanted %d to %d\n", entries(agent, what), what, min, max);
	return false;
}

/* ---- The log ---- */

struct wanted {
	const char *text[8];
};

static bool line_has(const char *line, const struct wanted *wanted)
{
	int i;

	for (i = 0; wanted->text[i]; i++)
		if (!strstr(line, wanted->text[i]))
			return false;
	return true;
}

static bool log_has_now(void *arg)
{
	char *text = read_file(LOG), *line, *next = text;
	bool found = false;

	while (!found && (line = strsep(&next, "\n")))
		found = line_has(line, arg);
	free(text);
	return found;
}

bool log_has(const char *text, ...)
{
	struct wanted wanted = { { text } };
	int i = 0;
	va_list ap;

	va_start(ap, text);
	while (wanted.text[i] && i < 6)
		wanted.text[++i] = va_arg(ap, const char *);
	va_end(ap);
	if (eventually(log_has_now, &wanted))
		return true;
	show_end_of_log();
	return false;
}

bool log_is_sound(void)
{
	char *text = read_file(LOG), *line, *next = text;
	struct json_object *object;
	bool sound = *text;

	while (sound && (line = strsep(&next, "\n"))) {
		if (!*line)
			continue;
		object = json_tokener_parse(line);
		sound = json_object_is_type(object, json_type_object);
		if (!sound)
			printf("# not JSON: %s\n", line);
		json_object_put(object);
	}
	free(text);
	return sound;
}
