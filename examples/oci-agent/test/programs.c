// SPDX-License-Identifier: GPL-2.0
/* Executing: paths, argv, and more of it than can be carried. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static const char policy[] =
"{ \"profiles\": { \"default\": { \"reopen\": \"allow\", \"rules\": [\n"
"    { \"calls\": [\"exec\"], \"path\": \"/tmp/race/B\",\n"
"      \"action\": \"deny\", \"errno\": \"EXDEV\" },\n"
"    { \"calls\": [\"exec\"], \"argv\": [\"*\", \"executed\", \"no*\", \"...\"],\n"
"      \"action\": \"deny\", \"errno\": \"ENOTTY\" },\n"
"    { \"calls\": [\"exec\"], \"argv\": [\"\"],\n"
"      \"action\": \"deny\", \"errno\": \"ENOSPC\" },\n"
"    { \"calls\": [\"exec\"], \"path\": \"/tmp/old\", \"action\": \"rewrite\", \"to\": \"/tmp/race\" } ],\n"
"    \"otherwise\": { \"action\": \"allow\" } },\n"
"  \"any\": { \"reopen\": \"allow\", \"otherwise\": { \"action\": \"allow\" } },\n"
"  \"elsewhere\": { \"reopen\": \"allow\", \"rules\": [\n"
"    { \"calls\": [\"exec\"], \"path\": \"/tmp/old\", \"action\": \"rewrite\", \"to\": \"/tmp/race\" } ],\n"
"    \"otherwise\": { \"action\": \"allow\" } },\n"
"  \"closed\": { \"otherwise\": { \"action\": \"allow\" } } } }\n";

#define EXPECT(what) expect(what, "%s", #what)

/* What executing it gives: the program's status, or the errno plus 1000. */
static int execute(int dirfd, const char *path, char *const *argv, char *const *envp, int flags)
{
	int status, *error = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = fork();

	if (!pid) {
		if (flags < 0)
			execve(path, argv, envp);
		else
			syscall(SYS_execveat, dirfd, path, argv, envp, flags);
		*error = errno;
		_exit(99);
	}
	waitpid(pid, &status, 0);
	status = *error ? 1000 + *error : WEXITSTATUS(status);
	munmap(error, 4096);
	return status;
}

static int run(const char *path, const char *third)
{
	char *argv[] = { (char *)path, "executed", (char *)third, NULL };
	char *envp[] = { "A=B", NULL };

	return execute(AT_FDCWD, path, argv, envp, -1);
}

static int programs(void)
{
	char *argv[] = { "x", "executed", NULL }, *none[] = { NULL };
	int dir = open("/tmp/race", O_RDONLY | O_DIRECTORY);
	int fd = open("/tmp/race/A", O_RDONLY | O_CLOEXEC);

	EXPECT(run("/tmp/race/A", NULL) == 10);
	EXPECT(run("race/A", "yes") == 10);
	EXPECT(run("/tmp/race/B", NULL) == 1000 + EXDEV);
	EXPECT(run("/tmp/race/../race/B", NULL) == 1000 + EXDEV);
	EXPECT(run("/tmp/race/A", "nothing") == 1000 + ENOTTY);
	EXPECT(run("/tmp/old/A", NULL) == 10);
	EXPECT(run("/tmp/nothing", NULL) == 1000 + ENOENT);
	EXPECT(run("/tmp/allowed", NULL) == 1000 + EACCES);
	EXPECT(execute(dir, "A", argv, none, 0) == 10);
	EXPECT(execute(dir, "B", argv, none, 0) == 1000 + EXDEV);
	EXPECT(execute(fd, "", argv, NULL, AT_EMPTY_PATH) == 10);
	EXPECT(execute(fd, "", argv, none, 1) == 1000 + EINVAL);
	EXPECT(execute(AT_FDCWD, "/tmp/race/A", (char **)8, none, 0) == 1000 + EFAULT);
	EXPECT(execute(AT_FDCWD, "/tmp/race/A", none, none, 0) == 1000 + ENOSPC);
	EXPECT(execute(AT_FDCWD, "/tmp/race/A", NULL, none, 0) == 1000 + ENOSPC);
	return unexpected();
}

/* What executing a program without a name gives, by its descriptor and by /proc. */
static int nameless(int want)
{
	char *argv[] = { "x", "executed", NULL }, *none[] = { NULL }, path[32];
	int fd = open("/tmp/race/A", O_RDONLY | O_CLOEXEC), memfd = memfd_create("program", 0);
	struct stat st;

	EXPECT(!fstat(fd, &st) && sendfile(memfd, fd, NULL, st.st_size) == st.st_size);
	EXPECT(execute(memfd, "", argv, none, AT_EMPTY_PATH) == want);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memfd);
	EXPECT(execute(AT_FDCWD, path, argv, none, -1) == want);
	return unexpected();
}

static int runs_nameless(void)
{
	return nameless(12);
}

static int denies_nameless(void)
{
	return nameless(1000 + EACCES);
}

/* In one string, and in many. */
static int too_long(void)
{
	static char *argv[40000] = { "x", "executed" };
	char *none[] = { NULL }, *text = malloc(100001);
	int i;

	memset(text, 'x', 100000);
	text[100000] = 0;
	argv[2] = text;
	EXPECT(execute(AT_FDCWD, "/tmp/race/A", argv, none, -1) == 10);
	argv[3] = text;
	EXPECT(execute(AT_FDCWD, "/tmp/race/A", argv, none, -1) == 1000 + E2BIG);
	for (i = 2; i < 39999; i++)
		argv[i] = "";
	EXPECT(execute(AT_FDCWD, "/tmp/race/A", argv, none, -1) == 1000 + E2BIG);
	for (i = 2; i < 12000; i++)
		argv[i] = "";
	argv[i] = NULL;
	EXPECT(execute(AT_FDCWD, "/tmp/race/A", argv, none, -1) == 10);
	return unexpected();
}

/* A table with a pointer that begins in one page and ends in the next. */
static int unaligned(void)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *argv[] = { "x", "executed", "nothing", NULL }, *none[] = { NULL };
	char *at = pages + 4096 - sizeof(*argv) - 4;

	memcpy(at, argv, sizeof(argv));
	EXPECT(execute(AT_FDCWD, "/tmp/race/A", (char **)at, none, -1) == 1000 + ENOTTY);
	argv[2] = NULL;
	memcpy(at, argv, sizeof(argv));
	EXPECT(execute(AT_FDCWD, "/tmp/race/A", (char **)at, none, -1) == 10);
	return unexpected();
}

void test_exec(struct agent *agent)
{
	struct box box = { .calls = "execve execveat", .body = programs };

	check(agent_start(agent, policy, NULL), "exec: start");
	check(!box_run(&box), "executing");
	box.body = denies_nameless;
	check(!box_run(&box), "a program without a name, where some are denied");
	box.metadata = "elsewhere";
	check(!box_run(&box), "... or where another is executed in their place");
	box.metadata = "closed";
	check(!box_run(&box), "... or where nothing is reopened");
	box.metadata = "any";
	box.body = runs_nameless;
	check(!box_run(&box), "... and where all are allowed");
	box.metadata = NULL;
	check(log_has("\"call\":\"execve\"", "\"path\":\"/tmp/race/A\"", "\"nothing\"],\"argc\":3",
		      "\"errno\":\"ENOTTY\"", NULL), "... argv is logged");
	box.body = too_long;
	check(!box_run(&box), "more arguments than the buffer holds");
	check(log_has("\"verdict\":\"deny\"", "\"errno\":\"E2BIG\"",
		      "longer than the buffer", NULL), "... denied and logged");
	box.body = unaligned;
	check(!box_run(&box), "pointers that are not aligned");
	check(log_is_sound(), "the log is sound");
	check(agent_end(agent, SIGTERM) == 0, "exec: end");
}
