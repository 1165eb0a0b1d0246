// SPDX-License-Identifier: GPL-2.0
/*
 * usage: agent-test AGENT [GROUP]
 *
 * Tests of oci-agent, as root in a guest: all, or those of one group. KTAP on
 * stdout. Group without: for a kernel that can't inject.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

const char *self = "/tmp/self";

/* What a container executes says by its status which file it is: the tests' own. */
static int executed(const char *name)
{
	if (!strcmp(name, "A"))
		return 10;
	if (!strcmp(name, "B"))
		return 11;
	return 12;
}

static void copy_program(const char *to)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	struct stat st;

	if (fd < 0 || fstat(from, &st) || sendfile(fd, from, NULL, st.st_size) != st.st_size)
		err(1, "%s", to);
	close(fd);
	close(from);
}

static void prepare(void)
{
	const char *const dirs[] = { "/tmp/dir", "/tmp/old", "/tmp/new", "/tmp/race" };
	size_t i;

	for (i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		mkdir(dirs[i], 0755);
		chmod(dirs[i], 0777);
	}
	copy_program(self);
	copy_program("/tmp/race/A");
	copy_program("/tmp/race/B");
	write_file("/tmp/allowed", "allowed");
	write_file("/tmp/secret", "secret");
	write_file("/tmp/old/file", "old");
	write_file("/tmp/new/file", "new");
	write_file("/tmp/race/a", "a");
	write_file("/tmp/race/b", "b");
	if (symlink("/tmp/allowed", "/tmp/link") || symlink("secret", "/tmp/link-to-secret") ||
	    symlink("dir", "/tmp/link-to-dir"))
		err(1, "symlink");
}

static const struct {
	const char *name;
	void (*test)(struct agent *agent);
} groups[] = {
	{ "options", test_options },
	{ "protocol", test_protocol },
	{ "paths", test_paths },
	{ "exec", test_exec },
	{ "addresses", test_addresses },
	{ "life", test_life },
	{ "races", test_races },
	{ "without", test_without },	/* only by name */
};

int main(int argc, char **argv)
{
	const char *name = strrchr((const char *)getauxval(AT_EXECFN), '/');
	struct agent agent = {};
	size_t i;

	if (argc > 1 && !strcmp(argv[1], "executed"))
		return executed(name ? name + 1 : "");
	if (argc < 2)
		errx(2, "usage: agent-test AGENT [GROUP]");
	agent.program = argv[1];
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	puts("KTAP version 1");
	prepare();
	for (i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		if (argc > 2 ? !strcmp(argv[2], groups[i].name) : groups[i].test != test_without)
			groups[i].test(&agent);
	}
	return finish();
}
