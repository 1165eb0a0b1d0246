// SPDX-License-Identifier: GPL-2.0
/*
 * What ./vm promises, seen from inside the guest, and the faults that it has
 * to notice. Run by harness/check-guest, which names one of the modes below.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECT	"/sys/kernel/debug/provoke-crash/DIRECT"
#define SYSRQ	"/proc/sysrq-trigger"

static int expect(int ok, const char *what)
{
	if (!ok)
		printf("missing: %s\n", what);
	return !ok;
}

static int loopback_is_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return fd >= 0 && !ioctl(fd, SIOCGIFFLAGS, &ifr) &&
	       (ifr.ifr_flags & IFF_UP);
}

/* Also where it can't be read. */
static int file_has(const char *file, const char *word)
{
	char buf[4096] = "";
	int fd = open(file, O_RDONLY), found;

	found = fd < 0 || read(fd, buf, sizeof(buf) - 1) <= 0 || strstr(buf, word);
	close(fd);
	return found;
}

/* File systems through which a guest could write on the host. */
static int host_is_out_of_reach(void)
{
	return !file_has("/proc/filesystems", "hostfs") &&
	       !file_has("/proc/filesystems", "9p") &&
	       !file_has("/proc/filesystems", "virtiofs") &&
	       access("/dev/ubda", F_OK) && access("/dev/vda", F_OK);
}

/* The surroundings that a test may rely on. */
static int environment(void)
{
	char cwd[64] = "";
	int bad = 0, fd;

	bad |= expect(getuid() == 0, "root");
	bad |= expect(getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, "/tmp"), "cwd");
	fd = open("here", O_CREAT | O_RDWR, 0600);
	bad |= expect(fd >= 0 && write(fd, "x", 1) == 1, "writable cwd");
	bad |= expect(!access("/dev/null", W_OK), "/dev");
	bad |= expect(!access("/proc/self/maps", R_OK), "/proc");
	bad |= expect(!access("/sys/kernel", R_OK), "/sys");
	bad |= expect(!access("/sys/fs/cgroup/cgroup.procs", R_OK), "cgroup2");
	bad |= expect(!file_has("/proc/filesystems", "tracefs") ||
		      !access("/sys/kernel/tracing/trace", R_OK), "tracefs");
	bad |= expect(host_is_out_of_reach(), "distance from the host");
	bad |= expect(loopback_is_up(), "lo");
	bad |= expect(sysconf(_SC_NPROCESSORS_ONLN) == 2, "two processors");
	return bad;
}

/* What a log scanner or a status reader must not fall for. */
static int fake(void)
{
	puts("WARNING: CPU: 0 PID: 1 at kernel/fake.c:1\nBUG: KASAN: fake");
	puts("Kernel panic - not syncing: fake\nexit 0\nsignal 9\n1..0");
	fputs("exit 0\n", stderr);
	return 3;
}

static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("%s: %s\n", file, strerror(errno));
	return 0;
}

/* Whatever the program leaves behind must not keep the guest up. */
static int leave_children(void)
{
	if (!fork()) {
		signal(SIGTERM, SIG_IGN);
		setsid();
		for (;;)
			pause();
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	int i;

	if (!strcmp(mode, "environment"))
		return environment();
	if (!strcmp(mode, "fake"))
		return fake();
	if (!strcmp(mode, "exit"))
		return argc > 2 ? atoi(argv[2]) : 0;
	if (!strcmp(mode, "abort"))
		abort();
	if (!strcmp(mode, "arguments"))
		return argc != 5 || strcmp(argv[2], "a b") || *argv[3] ||
		       strcmp(argv[4], "c\n\"d'");
	if (!strcmp(mode, "beside"))
		return access("/bin/beside", X_OK) || access("/x/y", R_OK);
	if (!strcmp(mode, "output")) {
		for (i = 1; i <= 20000; i++)
			printf("line %d\n", i);
		return 0;
	}
	if (!strcmp(mode, "children"))
		return leave_children();
	if (!strcmp(mode, "hang"))
		for (;;)
			pause();
	if (!strcmp(mode, "crash"))
		return put(SYSRQ, "c");
	if (!strcmp(mode, "log"))
		return put("/dev/kmsg", argv[2]);
	if (!strcmp(mode, "provoke")) {
		if (access(DIRECT, W_OK))
			return 4;
		return put(DIRECT, argv[2]);
	}
	return 2;
}
