// SPDX-License-Identifier: GPL-2.0
/*
 * One line of JSON for each decision. A line is one write(), so that those of
 * several threads, or agents, don't mix.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

#define MAX_ARGS	16	/* of argv */
#define MAX_ARG		256	/* bytes of each */

static int log_fd = -1;

int log_open(const char *file)
{
	log_fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return log_fd < 0 ? -errno : 0;
}

/* Names are bytes: what is not ASCII is written as the character of that number. */
static void quote(FILE *f, const char *text, size_t max)
{
	const unsigned char *p = (const unsigned char *)text;

	fputc('"', f);
	for (; *p && max; p++, max--) {
		if (*p == '"' || *p == '\\')
			fprintf(f, "\\%c", *p);
		else if (*p < ' ' || *p > '~')
			fprintf(f, "\\u%04x", *p);
		else
			fputc(*p, f);
	}
	fputc('"', f);
}

static void put(FILE *f, const char *key, const char *text)
{
	if (!text)
		return;
	fprintf(f, ",\"%s\":", key);
	quote(f, text, SIZE_MAX);
}

static FILE *start_line(char **line, size_t *len)
{
	struct timespec now;
	FILE *f = log_fd < 0 ? NULL : open_memstream(line, len);

	if (!f)
		return NULL;
	clock_gettime(CLOCK_REALTIME, &now);
	fprintf(f, "{\"time\":%lld.%06ld", (long long)now.tv_sec, now.tv_nsec / 1000);
	return f;
}

static void end_line(FILE *f, char **line, size_t *len)
{
	static bool complained;
	bool lost;

	fputs("}\n", f);
	lost = fclose(f) || write(log_fd, *line, *len) != (ssize_t)*len;
	if (lost && !complained)
		warn("log");
	complained = lost;
	free(*line);
}

static void put_argv(FILE *f, const char **argv)
{
	int i;

	fputs(",\"argv\":[", f);
	for (i = 0; argv[i] && i < MAX_ARGS; i++) {
		if (i)
			fputc(',', f);
		quote(f, argv[i], MAX_ARG);
	}
	fputc(']', f);
	while (argv[i])
		i++;
	fprintf(f, ",\"argc\":%d", i);
}

static void put_paths(FILE *f, const struct call *call)
{
	static const char *const keys[2][2] = { { "asked", "path" }, { "asked2", "path2" } };
	int i;

	for (i = 0; i < call->paths; i++) {
		put(f, keys[i][0], call->path[i].asked);
		if (*call->path[i].name)
			put(f, keys[i][1], call->path[i].name);
	}
}

/* What was asked, what ran, and why. */
void log_call(const struct call *call)
{
	char *line = NULL, *name;
	size_t len;
	FILE *f = start_line(&line, &len);

	if (!f)
		return;
	put(f, "container", call->con->id);
	put(f, "profile", call->profile->name);
	fprintf(f, ",\"pid\":%d", call->req->pid);
	name = call_name(call->req->data.nr);
	put(f, "call", name ?: "unknown");
	free(name);
	put_paths(f, call);
	if (*call->address)
		put(f, "address", call->address);
	if (call->argv)
		put_argv(f, call->argv);
	put(f, "verdict", call->verdict);
	if (!strcmp(call->verdict, "inject")) {
		name = call_name(call->in.req.nr);
		put(f, "ran", name);
		free(name);
	}
	if (call->error)
		put(f, "errno", strerrorname_np(-call->error) ?: "unknown");
	if (call->rule)
		fprintf(f, ",\"line\":%d", call->rule->line);
	put(f, "why", call->why);
	end_line(f, &line, &len);
}

void log_event(const char *id, const char *what, const char *why)
{
	char *line = NULL;
	size_t len;
	FILE *f = start_line(&line, &len);

	if (!f)
		return;
	put(f, "container", id);
	put(f, "event", what);
	put(f, "why", why);
	end_line(f, &line, &len);
}
