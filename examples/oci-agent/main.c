// SPDX-License-Identifier: GPL-2.0
/* Options, SIGHUP, SIGTERM. README.md is the manual. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "agent.h"

#define EXIT_USAGE		2
#define EXIT_UNSUPPORTED	3

enum mode mode = MODE_INJECT;

static const char *socket_path, *policy_file, *log_file, *pid_file;
static bool fall_back;

static const char help[] =
"usage: oci-agent --listen SOCKET [OPTION...]\n"
"\n"
"Answers the trapped system calls of containers, whose runtime connects to\n"
"SOCKET (listenerPath in the seccomp profile), by the policy in a file.\n"
"\n"
"  --listen SOCKET   Unix socket to listen on\n"
"  --policy FILE     JSON, see README.md; without one all is denied.\n"
"                    SIGHUP has it read again.\n"
"  --log FILE        append a line of JSON for each decision\n"
"  --pid-file FILE   written once SOCKET can be connected to\n"
"  --mode inject     what is allowed runs on the copy that was decided on\n"
"  --mode continue   ... on whatever is in memory by then: unsafe, to compare\n"
"  --mode addfd      ... files are opened by the agent: to compare\n"
"  --mode deny       what is decided by memory is denied\n"
"  --fallback deny   on a kernel that can't inject: --mode deny\n"
"  --help            this text\n"
"\n"
"Status 2: bad usage or policy, 3: the kernel can't inject.\n";

static void on_signal(struct source *source, uint32_t events)
{
	struct signalfd_siginfo info;
	struct policy *policy;

	(void)events;
	if (read(source->fd, &info, sizeof(info)) != sizeof(info)) {
		source_arm(source);
		return;
	}
	if (info.ssi_signo != SIGHUP) {
		unlink(socket_path);
		if (pid_file)
			unlink(pid_file);
		exit(0);
	}
	policy = policy_file ? policy_load(policy_file) : NULL;
	if (policy)
		policy_set(policy);
	else
		warnx("the policy stays as it was");
	log_event(NULL, policy ? "policy" : "policy refused", policy_file);
	source_arm(source);
}

static void watch_signals(void)
{
	static struct source source = { .event = on_signal };
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	source.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (source.fd < 0 || source_add(&source))
		err(1, "signalfd");
}

static void set_mode(const char *name)
{
	static const char *const names[] = { "inject", "continue", "addfd", "deny" };

	for (mode = MODE_INJECT; mode <= MODE_DENY; mode++)
		if (!strcmp(name, names[mode]))
			return;
	errx(EXIT_USAGE, "unknown mode '%s' (see --help)", name);
}

static void read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "policy", required_argument, NULL, 'p' },
		{ "log", required_argument, NULL, 'o' },
		{ "pid-file", required_argument, NULL, 'i' },
		{ "mode", required_argument, NULL, 'm' },
		{ "fallback", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'l':
			socket_path = optarg;
			break;
		case 'p':
			policy_file = optarg;
			break;
		case 'o':
			log_file = optarg;
			break;
		case 'i':
			pid_file = optarg;
			break;
		case 'm':
			set_mode(optarg);
			break;
		case 'f':
			if (strcmp(optarg, "deny"))
				errx(EXIT_USAGE, "--fallback can be 'deny'");
			fall_back = true;
			break;
		case 'h':
			fputs(help, stdout);
			exit(0);
		default:
			exit(EXIT_USAGE);
		}
	}
	if (optind < argc || !socket_path)
		errx(EXIT_USAGE, "--listen SOCKET, and no other argument (see --help)");
}

/* CONTINUE and deny can be had from any kernel. */
static void check_kernel(void)
{
	int able = mode == MODE_CONTINUE || mode == MODE_DENY ? 1 : probe();

	if (able < 0)
		errx(EXIT_UNSUPPORTED, "no seccomp listener to be had: %s", strerror(-able));
	if (able)
		return;
	if (!fall_back)
		errx(EXIT_UNSUPPORTED, "this kernel can't inject system calls");
	warnx("this kernel can't inject system calls: denying");
	mode = MODE_DENY;
}

static void load_policy(void)
{
	struct policy *policy;

	if (!policy_file)
		return;
	policy = policy_load(policy_file);
	if (!policy)
		exit(EXIT_USAGE);
	policy_set(policy);
}

static void write_pid_file(void)
{
	FILE *f;

	if (!pid_file)
		return;
	f = fopen(pid_file, "we");
	if (!f || fprintf(f, "%d\n", getpid()) < 0 || fclose(f))
		err(1, "%s", pid_file);
}

int main(int argc, char **argv)
{
	struct rlimit files;
	int error;

	read_options(argc, argv);
	/* Without it the library takes notifications for unsupported. */
	seccomp_api_get();
	load_policy();
	check_kernel();
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (log_file) {
		error = log_open(log_file);
		if (error)
			errx(1, "%s: %s", log_file, strerror(-error));
	}
	pool_init();
	watch_signals();
	error = state_listen(socket_path);
	if (error)
		errx(1, "%s: %s", socket_path, strerror(-error));
	write_pid_file();
	fputs("oci-agent: ready\n", stderr);
	pool_run();
}
