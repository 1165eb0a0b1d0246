// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's process 1: mounts what a test expects, runs one program, reports
 * how it ended, and takes the guest down.
 *
 * Kernel arguments (the kernel hands those with a dot-less name=value that it
 * does not know to init as environment):
 *
 *	vm_out=PATH	terminal of the program
 *	vm_status=PATH	where "exit N" or "signal N" is written
 *	vm_disk=PATH	EROFS disk that becomes the root, with /over of the
 *			initramfs laid over it
 *
 * The program's path and arguments are in /argv, each ended by NUL.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAX_ARGS	256
#define KMEMLEAK	"/sys/kernel/debug/kmemleak"
/*
 * kmemleak takes nothing for lost that is younger than this. It does not see
 * every lost object: old pointers stay in the allocator's per-CPU arrays, and
 * of 10 leaked objects it may find none, of 300 some 260. What is to be caught
 * leaking has to be done hundreds of times.
 */
#define KMEMLEAK_AGE_S	6
#define KILL_WAIT_S	20

static int kmsg_fd = -1;

static void __attribute__((format(printf, 1, 2))) klog(const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(line))
		n = sizeof(line) - 1;
	if (write(kmsg_fd, line, n) < 0)
		return;
}

static void power_off(void)
{
	sync();
	/* Under QEMU, without ACPI, only a reset ends the machine. */
	reboot(getenv("vm_reset") ? RB_AUTOBOOT : RB_POWER_OFF);
	for (;;)
		pause();
}

static void mount_one(const char *type, const char *where, const char *data)
{
	mkdir(where, 0755);
	if (mount(type, where, type, 0, data) && errno != ENODEV && errno != EBUSY)
		klog("<4>init: mount %s on %s: %s\n", type, where, strerror(errno));
}

static void change_root(const char *disk)
{
	mkdir("/disk", 0755);
	mkdir("/work", 0755);
	mkdir("/root", 0755);
	if (mount(disk, "/disk", "erofs", MS_RDONLY, NULL) ||
	    mount("overlay", "/root", "overlay", 0,
		  "lowerdir=/disk,upperdir=/over,workdir=/work") ||
	    chdir("/root") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".")) {
		klog("<2>init: BUG: %s as root: %s\n", disk, strerror(errno));
		power_off();
	}
}

static void mount_all(void)
{
	mount_one("devtmpfs", "/dev", NULL);
	mkdir("/dev/pts", 0755);
	mount_one("devpts", "/dev/pts", "ptmxmode=0666");
	mkdir("/dev/shm", 01777);
	mount_one("tmpfs", "/dev/shm", "mode=1777");
	mount_one("proc", "/proc", NULL);
	mount_one("sysfs", "/sys", NULL);
	mount_one("securityfs", "/sys/kernel/security", NULL);
	mount_one("debugfs", "/sys/kernel/debug", NULL);
	mount_one("tracefs", "/sys/kernel/tracing", NULL);
	mount_one("cgroup2", "/sys/fs/cgroup", NULL);
	mount_one("tmpfs", "/tmp", "mode=1777");
	if (symlink("/proc/self/fd", "/dev/fd"))
		klog("<4>init: /dev/fd: %s\n", strerror(errno));
}

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0)
		return;
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr))
		klog("<4>init: lo: %s\n", strerror(errno));
	close(fd);
}

static void read_argv(char **argv)
{
	static char buf[1 << 16];
	size_t len = 0, pos = 0;
	ssize_t n;
	int fd = open("/argv", O_RDONLY | O_CLOEXEC), i = 0;

	while (fd >= 0 && (n = read(fd, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += n;
	while (pos < len && i < MAX_ARGS - 1) {
		argv[i++] = buf + pos;
		pos += strlen(buf + pos) + 1;
	}
	argv[i] = NULL;
	close(fd);
}

/* The terminal shall pass bytes as they are, and be nobody's controlling one. */
static int open_terminal(const char *path)
{
	struct termios t;
	int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0) {
		klog("<2>init: BUG: cannot open %s: %s\n", path, strerror(errno));
		power_off();
	}
	if (!tcgetattr(fd, &t)) {
		cfmakeraw(&t);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

static void run_program(char **argv, int out)
{
	char *env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/tmp", "TERM=dumb",
			"LC_ALL=C", NULL };
	int null = open("/dev/null", O_RDONLY);

	setsid();
	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	closefrom(3);
	if (chdir("/tmp"))
		_exit(127);
	execve(argv[0], argv, env);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Wait for @pid and, as process 1 must, for whatever else ends meanwhile. */
static int wait_for(pid_t pid)
{
	int status;
	pid_t p;

	for (;;) {
		p = wait(&status);
		if (p == pid)
			return status;
		if (p < 0 && errno != EINTR)
			return 127 << 8;
	}
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Nothing may outlive SIGKILL: what does has found a bug. */
static void kill_everything(void)
{
	double end = now() + KILL_WAIT_S;
	int status;
	pid_t p;

	do {
		kill(-1, SIGKILL);
		p = waitpid(-1, &status, WNOHANG);
		if (p < 0 && errno == ECHILD)
			return;
		if (p == 0)
			usleep(10000);
	} while (now() < end);
	klog("<2>init: BUG: tasks survive SIGKILL for %d s\n", KILL_WAIT_S);
	p = open("/proc/sysrq-trigger", O_WRONLY);
	if (p >= 0 && write(p, "w", 1) < 0)
		klog("<4>init: sysrq: %s\n", strerror(errno));
}

static void scan_for_leaks(void)
{
	int fd = open(KMEMLEAK, O_WRONLY | O_CLOEXEC), i;
	char line[512];
	FILE *f;

	if (fd < 0 || !getenv("vm_kmemleak"))
		return;
	sleep(KMEMLEAK_AGE_S);
	/* What the first scan finds may still have been on a stack. */
	for (i = 0; i < 2; i++) {
		if (write(fd, "scan", 4) != 4)
			klog("<4>init: kmemleak: %s\n", strerror(errno));
	}
	close(fd);
	f = fopen(KMEMLEAK, "re");
	while (f && fgets(line, sizeof(line), f))
		klog("<4>kmemleak| %s", line);
	if (f)
		fclose(f);
}

int main(void)
{
	const char *out = getenv("vm_out"), *status_path = getenv("vm_status");
	const char *disk = getenv("vm_disk");
	char *argv[MAX_ARGS], report[32];
	int out_fd, status_fd, status, n;
	pid_t pid;

	mkdir("/dev", 0755);
	mount_one("devtmpfs", "/dev", NULL);
	kmsg_fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	if (disk)
		change_root(disk);
	mount_all();
	loopback_up();
	read_argv(argv);
	if (!out || !status_path || !argv[0]) {
		klog("<2>init: BUG: started without vm_out, vm_status or /argv\n");
		power_off();
	}
	out_fd = open_terminal(out);
	status_fd = open_terminal(status_path);

	pid = fork();
	if (!pid)
		run_program(argv, out_fd);
	status = wait_for(pid);
	tcdrain(out_fd);
	kill_everything();
	tcdrain(out_fd);
	scan_for_leaks();

	if (WIFSIGNALED(status))
		n = snprintf(report, sizeof(report), "signal %d\n", WTERMSIG(status));
	else
		n = snprintf(report, sizeof(report), "exit %d\n", WEXITSTATUS(status));
	if (write(status_fd, report, n) != n)
		klog("<2>init: BUG: cannot report the status\n");
	tcdrain(status_fd);
	power_off();
}
