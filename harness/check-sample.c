// SPDX-License-Identifier: GPL-2.0
/*
 * Runs in the guest, for harness/check-sample. Without arguments: runs programs
 * under samples/seccomp/inject-open, as a user without privileges, and prints
 * KTAP. With one, linked dynamically: an attack from inside; status 0 if what
 * should hold does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inject-helper.h"

#define ALLOWED		"/ok/1"
#define FORBIDDEN	"/no/1"
#define SWAPPED		"/ok/swap"	/* a directory, or a link to /no */
#define ROUNDS		2000
#define USER		1000

/* ---- Inside ---- */

/* Opens, reads: the first byte, or a negative errno. */
static int look(const char *path)
{
	char c = 0;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return -errno;
	if (read(fd, &c, 1) < 0)
		c = 0;
	close(fd);
	return c;
}

static bool confined(void)
{
	return look(ALLOWED) == 'y' && look(FORBIDDEN) == -EACCES;
}

static int failed;

static void expect(const char *what, long got, long want)
{
	if (got == want)
		return;
	printf("# %s: %ld, not %ld\n", what, got, want);
	failed = 1;
}

#define EXPECT(call, want)						\
	expect(#call, ({ long r_ = (call); r_ < 0 && want < 0 && r_ == -1 ? -errno : r_; }), want)

static int once(void)
{
	return !confined();
}

/* Paths of 4096 bytes with their NUL, and of one more. */
static int length(void)
{
	static char path[4097];

	memset(path, '/', 4096);
	memcpy(path + 4096 - strlen(ALLOWED), ALLOWED, strlen(ALLOWED));
	EXPECT(look(path), -ENAMETOOLONG);
	EXPECT(look(path + 1), 'y');
	return failed;
}

/* The last byte of the path is the last one of the memory, or just beyond. */
static int edge(void)
{
	char *m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *path = m + 4096 - sizeof(ALLOWED);

	munmap(m + 4096, 4096);
	memcpy(path, ALLOWED, sizeof(ALLOWED));
	EXPECT(look(path), 'y');
	memmove(path + 1, ALLOWED, sizeof(ALLOWED) - 1);
	EXPECT(look(path + 1), -EFAULT);
	EXPECT(look(NULL), -EFAULT);
	EXPECT(look(""), -ENOENT);
	return failed;
}

/* Links and dots: what is opened is what the whole path leads to. */
static int links(void)
{
	struct open_how how = { .resolve = RESOLVE_NO_SYMLINKS };

	EXPECT(look("/okay/1"), -EACCES);
	EXPECT(look("/ok/up/1"), -EACCES);
	EXPECT(look("/ok/up/../ok/1"), 'y');
	EXPECT(look("/ok/up/../no/1"), -EACCES);
	EXPECT(look("/ok/here/../1"), -EACCES);
	EXPECT(look("/ok/here/1"), 'y');
	EXPECT(look("/ok/loop"), -ELOOP);
	EXPECT(look("/ok/1/"), -ENOTDIR);
	EXPECT(look("/ok/none/../1"), -ENOENT);
	EXPECT(open("/ok/here", O_RDONLY | O_NOFOLLOW), -ELOOP);
	EXPECT(open("/ok/up/", O_RDONLY | O_NOFOLLOW), -EACCES);
	EXPECT(open("/tmp/new", O_WRONLY | O_CREAT, 0600), -EACCES);
	EXPECT(open("/tmp/new", O_WRONLY | O_CREAT | O_EXCL, 0600), -EEXIST);
	EXPECT(syscall(SYS_openat2, AT_FDCWD, "/ok/here/1", &how, sizeof(how)), -ELOOP);
	how.resolve = RESOLVE_IN_ROOT;
	EXPECT(syscall(SYS_openat2, AT_FDCWD, ALLOWED, &how, sizeof(how)), -ENOSYS);
	return failed;
}

/* What /proc says of one's own files is a name, and names are looked at. */
static int magic(void)
{
	int r = open(ALLOWED, O_RDONLY), p = open(FORBIDDEN, O_PATH);
	char path[64];

	sprintf(path, "/proc/self/fd/%d", r);
	EXPECT(look(path), 'y');
	EXPECT(open(path, O_RDWR), -EACCES);
	sprintf(path, "/proc/thread-self/fd/%d", p);
	EXPECT(look(path), -EACCES);
	EXPECT(look("/proc/self/root/no/1"), -EACCES);
	EXPECT(look("/proc/self/task/../cwd/../no/1"), -EACCES);
	EXPECT(openat(p, "", O_RDONLY | (1 << 26) /* O_EMPTYPATH */), -ENOENT);
	return failed;
}

/* Swaps @one and @other until it is killed. */
static pid_t swapper(volatile char *path)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		path[1] ^= 'o' ^ 'n';
		path[2] ^= 'k' ^ 'o';
	}
}

/* The path changes all the time: one that may be opened, one that may not. */
static int race(void)
{
	char *path = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int i, found, seen = 0;
	pid_t pid;

	memcpy(path, ALLOWED, sizeof(ALLOWED));
	pid = swapper(path);
	for (i = 0; i < ROUNDS || (seen != 3 && i < 100 * ROUNDS); i++) {
		found = look(path);
		if (found == 'n')
			return 1;
		seen |= found == 'y' ? 1 : 2;
	}
	kill(pid, SIGKILL);
	return seen != 3;
}

/* A task that is not confined swaps a directory for a link to /no. */
static int link_race(void)
{
	int i, found, seen = 0;

	for (i = 0; i < ROUNDS || (seen != 3 && i < 100 * ROUNDS); i++) {
		found = look(SWAPPED "/1");
		if (found != 'y' && found != -EACCES && found != -ELOOP) {
			printf("# found %d\n", found);
			return 1;
		}
		seen |= found == 'y' ? 1 : 2;
	}
	return seen != 3;
}

static void *open_often(void *arg)
{
	int i;

	for (i = 0; i < 100; i++)
		if (!confined())
			return arg;
	return NULL;
}

static int threads(void)
{
	void *bad, *any = NULL;
	pthread_t t[8];
	int i;

	for (i = 0; i < 8; i++)
		if (pthread_create(&t[i], NULL, open_often, t))
			return 2;
	for (i = 0; i < 8; i++) {
		pthread_join(t[i], &bad);
		any = bad ? bad : any;
	}
	return any != NULL;
}

/* A hundred at once, each of which executes a program that opens. */
static int children(void)
{
	int i, status, bad = 0;

	for (i = 0; i < 100; i++)
		if (!fork()) {
			execl("/bin/attack", "attack", "once", NULL);
			_exit(1);
		}
	for (i = 0; i < 100; i++)
		bad |= wait(&status) < 0 || status;
	return bad;
}

/* Who reads from a pipe nobody writes to waits alone. */
static int waiting(void)
{
	int i, fd, status;
	pid_t pid = fork();

	if (!pid)
		_exit(look("/tmp/fifo") != 'f');
	for (i = 0; i < 100; i++)
		EXPECT(confined(), true);
	fd = open("/tmp/fifo", O_WRONLY);
	EXPECT(write(fd, "f", 1), 1);
	EXPECT(waitpid(pid, &status, 0), pid);
	return failed || status;
}

/* Yama lets only ancestors read: the parent ends before its child opens. */
static int orphan(void)
{
	pid_t parent;
	int p[2];
	char c = 0;

	if (pipe(p))
		return 2;
	parent = fork();
	if (!parent) {
		parent = getpid();
		if (fork())
			_exit(0);
		while (getppid() == parent)
			sched_yield();
		c = confined() ? 'y' : 'n';
		_exit(write(p[1], &c, 1) != 1);
	}
	close(p[1]);
	return read(p[0], &c, 1) != 1 || c != 'y';
}

static void nothing(int sig)
{
	(void)sig;
}

/* Somebody who interrupts all the time must not make an open fail. */
static int signals(void)
{
	struct sigaction sa = { .sa_handler = nothing, .sa_flags = SA_RESTART };
	int i, bad = 0;
	pid_t pid;

	sigaction(SIGUSR1, &sa, NULL);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (!kill(getppid(), SIGUSR1))
			sched_yield();
		_exit(0);
	}
	for (i = 0; i < 300; i++)
		bad |= !confined();
	kill(pid, SIGKILL);
	return bad;
}

/* Signals that are not for the supervisor. */
static int unmoved(void)
{
	static const int some[] = { SIGINT, SIGQUIT, SIGHUP, SIGPIPE, SIGCHLD };
	size_t i;

	for (i = 0; i < sizeof(some) / sizeof(*some); i++) {
		EXPECT(kill(getppid(), some[i]), 0);
		EXPECT(confined(), true);
	}
	return failed;
}

static int ended(void)
{
	kill(getppid(), SIGTERM);
	pause();
	return 1;
}

/* Without a supervisor nothing opens. */
static int alone(void)
{
	kill(getppid(), SIGKILL);
	while (look(ALLOWED) == 'y')
		;
	EXPECT(look(ALLOWED), -ENOSYS);
	EXPECT(look(FORBIDDEN), -ENOSYS);
	if (!failed && write(1, "closed\n", 7) == 7)
		return 0;
	return 1;
}

static int status_of(int (*child)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(child());
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

#ifdef __x86_64__
static int as_i386(void)
{
	long ret;

	/* open(NULL) of 32 bits; r8 to r11 are lost. */
	asm volatile("int $0x80" : "=a"(ret) : "0"(5), "b"(0), "c"(0), "d"(0)
		     : "r8", "r9", "r10", "r11", "memory");
	return ret == -EFAULT;
}
#endif

static bool is_um(void)
{
	char line[256] = "";
	FILE *f = fopen("/proc/cpuinfo", "re");
	bool um = false;

	while (f && fgets(line, sizeof(line), f))
		um |= strstr(line, "User Mode Linux") != NULL;
	if (f)
		fclose(f);
	return um;
}

static int run_memfd(void)
{
	int from = open("/bin/attack", O_RDONLY), to = memfd_create("x", 0);
	char *argv[] = { "attack", "once", NULL }, path[64];
	struct stat st;

	fstat(from, &st);
	EXPECT(sendfile64(to, from, NULL, st.st_size), st.st_size);
	EXPECT(syscall(SYS_execveat, to, "", argv, NULL, AT_EMPTY_PATH), -EACCES);
	sprintf(path, "/proc/self/fd/%d", to);
	EXPECT(execv(path, argv), -EACCES);
	return failed;
}

#define REFUSED(nr, ...) EXPECT(syscall(__NR_##nr, ##__VA_ARGS__), -EPERM)

/* Each other way in, and each way to change a path, is closed, to root too. */
static int ways(void)
{
	int r = open("/ok", O_PATH | O_DIRECTORY), fd = open(ALLOWED, O_RDONLY);
	long handle[32] = { 128 };
	int mount_id;

	EXPECT(open(ALLOWED, O_WRONLY), -EACCES);
	EXPECT(open(ALLOWED, 3), -EACCES);
	EXPECT(open(ALLOWED, O_RDONLY | O_TRUNC), -EACCES);
	EXPECT(openat(r, "../no/1", O_RDONLY), -EACCES);
	EXPECT(syscall(SYS_creat, "/ok/new", 0600), -EACCES);
	EXPECT(open("/ok", O_TMPFILE | O_RDWR, 0600), -EACCES);
	EXPECT(open("/ok/new", O_CREAT | O_RDONLY, 0600), -EACCES);
	REFUSED(unlink, ALLOWED);
	REFUSED(link, FORBIDDEN, "/tmp/link");
	REFUSED(linkat, fd, "", AT_FDCWD, "/tmp/link", AT_EMPTY_PATH);
	REFUSED(symlink, "/no", "/tmp/link");
	REFUSED(symlinkat, "/no", AT_FDCWD, "/tmp/link");
	REFUSED(rename, FORBIDDEN, "/tmp/link");
	REFUSED(renameat2, AT_FDCWD, FORBIDDEN, AT_FDCWD, "/tmp/link", 0);
	REFUSED(mkdir, "/tmp/dir", 0700);
	REFUSED(mknod, "/tmp/node", S_IFIFO | 0600, 0);
	REFUSED(truncate, ALLOWED, 0);
	REFUSED(fchmod, fd, 0666);
	REFUSED(fchmodat2, fd, "", 0666, AT_EMPTY_PATH);
	REFUSED(fchown, fd, 0, 0);
	REFUSED(utimensat, fd, NULL, NULL, 0);
	REFUSED(fsetxattr, fd, "user.x", "x", 1, 0);
	REFUSED(uselib, "/bin/attack");
	REFUSED(name_to_handle_at, AT_FDCWD, FORBIDDEN, handle, &mount_id, 0);
	REFUSED(open_by_handle_at, r, handle, O_RDONLY);
	REFUSED(mount, "/no", "/tmp", NULL, 4096 /* MS_BIND */, NULL);
	REFUSED(open_tree, AT_FDCWD, "/no", 1 /* OPEN_TREE_CLONE */);
	REFUSED(fsopen, "tmpfs", 0);
	REFUSED(fspick, AT_FDCWD, "/", 0);
	REFUSED(move_mount, r, "", AT_FDCWD, "/tmp", 4);
	REFUSED(chroot, "/no");
	REFUSED(fchroot, r, 0);
	REFUSED(pivot_root, "/no", "/no");
	REFUSED(setns, fd, 0);
	REFUSED(unshare, CLONE_NEWNS);
	REFUSED(unshare, CLONE_NEWUSER);
	REFUSED(unshare, 0x00100000 /* UNSHARE_EMPTY_MNTNS */);
	REFUSED(clone, CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
	REFUSED(clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	EXPECT(syscall(SYS_clone3, handle, 64), -ENOSYS);
	EXPECT(syscall(SYS_io_uring_setup, 1, NULL), -ENOSYS);
	REFUSED(bpf, 0, NULL, 0);
	REFUSED(ptrace, 16 /* PTRACE_ATTACH */, getppid(), 0, 0);
	REFUSED(process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
	REFUSED(pidfd_getfd, syscall(SYS_pidfd_open, getppid(), 0), 3, 0);
	REFUSED(userfaultfd, O_CLOEXEC);
	EXPECT(syscall(473), -ENOSYS);
	EXPECT(syscall(-1), -ENOSYS);
	EXPECT(status_of(run_memfd), 0);
#ifdef __x86_64__
	EXPECT(syscall(0x40000000 | SYS_open, ALLOWED, O_RDONLY), -ENOSYS);
	if (!is_um())
		EXPECT(WTERMSIG(status_of(as_i386)), SIGSYS);
#endif
	return failed;
}

/* What the kernel itself would write, beside the policy. */
static int core(void)
{
	struct rlimit lim = { 1, 1 };

	EXPECT(getrlimit(RLIMIT_CORE, &lim), 0);
	EXPECT((long)lim.rlim_max, 0);
	return failed;
}

/* More segments than there can be, whose table would have no size at all. */
static int segments(void)
{
	static struct inject in;
	struct seccomp_notif_resp resp;
	struct iovec iov = { in.buf, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1UL << 60 };

	inject_start(&in, SYS_sendmsg);
	inject_msghdr(&in, 1, &msg);
	EXPECT(inject_reply(&in, 1, &resp), -E2BIG);
	inject_start(&in, SYS_writev);
	inject_iovec(&in, 1, &iov, -1);
	EXPECT(inject_reply(&in, 1, &resp), -E2BIG);
	inject_start(&in, SYS_writev);
	inject_iovec(&in, 1, &iov, 1);
	EXPECT(inject_reply(&in, 1, &resp), 0);
	return failed;
}

static const struct {
	const char *name;
	int (*run)(void);
} attacks[] = {
	{ "once", once }, { "length", length }, { "edge", edge },
	{ "links", links }, { "magic", magic }, { "race", race },
	{ "link-race", link_race }, { "threads", threads },
	{ "children", children }, { "waiting", waiting }, { "orphan", orphan },
	{ "signals", signals }, { "unmoved", unmoved }, { "ended", ended },
	{ "alone", alone }, { "ways", ways }, { "core", core },
	{ "segments", segments },
};

static int attack(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(attacks) / sizeof(*attacks); i++)
		if (!strcmp(name, attacks[i].name))
			return attacks[i].run();
	return 99;
}

/* ---- Outside ---- */

#define POLICY	"inject-open", "-r", "/bin", "-r", "/lib", "-r", "/lib64", "-r", "/usr", \
		"-r", "/ok", "-r", "/proc", "-w", "/tmp", "-w", "/dev/null", "--"

static const struct {
	const char *name;
	const char *command[4];
	int status;
	const char *says;	/* a line that the output has to hold */
	bool root;
} cases[] = {
	{ "cat reads what it may", { "cat", "/ok/1" }, 0, "yes" },
	{ "... and nothing else", { "cat", "/no/1" }, 1, "cat: /no/1: Permission denied" },
	{ "a program that is not there", { "nothing" }, 127,
	  "inject-open: nothing: No such file or directory" },
	{ "relative paths", { "sh", "-c", "cd /ok/dir && cat file ./../1" }, 0, "yes" },
	{ "... and nothing else", { "sh", "-c", "cd /ok && cat ../no/1" }, 1,
	  "cat: ../no/1: Permission denied" },
	{ "ls", { "ls", "/ok/dir" }, 0, "file" },
	{ "cp, and writing where it may", { "sh", "-c",
	  "cp /ok/1 /tmp/copy && cat /tmp/copy && echo new >/tmp/copy && cat /tmp/copy" },
	  0, "new" },
	{ "no writing where it may read", { "sh", "-c", "echo x >/ok/1" }, 2,
	  "sh: 1: cannot create /ok/1: Permission denied" },
	{ "a pipeline", { "sh", "-c", "ls /ok/dir /ok/1 | grep -c . | sort" }, 0, "3" },
	{ "a script and its interpreter", { "/ok/script" }, 0, "/ok/script" },
	{ "/proc/self is the program's", { "sh", "-c",
	  "read a b </proc/self/stat; [ $a = $$ ] && echo self" }, 0, "self" },
	{ "nothing is executed that it could write", { "sh", "-c",
	  "cp /bin/cat /tmp/cat && /tmp/cat /ok/1" }, 126,
	  "sh: 1: /tmp/cat: Permission denied" },
	{ "perl", { "perl", "-e", "open(F, '<', '/ok/1') or die; print <F>;"
	  "open(F, '<', '/no/1') and die; print \"$!\\n\"" }, 0, "Permission denied" },
	{ "attack: length of a path", { "attack", "length" }, 0, NULL },
	{ "attack: path at the end of memory", { "attack", "edge" }, 0, NULL },
	{ "attack: links", { "attack", "links" }, 0, NULL },
	{ "attack: /proc", { "attack", "magic" }, 0, NULL },
	{ "attack: threads", { "attack", "threads" }, 0, NULL },
	{ "attack: a hundred children", { "attack", "children" }, 0, NULL },
	{ "attack: one waits, others open", { "attack", "waiting" }, 0, NULL },
	{ "attack: an orphan", { "attack", "orphan" }, 0, NULL },
	{ "attack: signals", { "attack", "signals" }, 0, NULL },
	{ "attack: signals to the supervisor", { "attack", "unmoved" }, 0, NULL },
	{ "SIGTERM is for the program", { "attack", "ended" }, 128 + SIGTERM, NULL },
	{ "attack: no supervisor", { "attack", "alone" }, 128 + SIGKILL, "closed" },
	{ "attack: other ways", { "attack", "ways" }, 0, NULL },
	{ "attack: other ways, as root", { "attack", "ways" }, 0, NULL, true },
	{ "the helper: too many segments", { "attack", "segments" }, 0, NULL },
	{ "attack: a core file", { "attack", "core" }, 0, NULL },
	{ "attack: memory that changes", { "attack", "race" }, 0, NULL },
	{ "attack: a link that comes and goes", { "attack", "link-race" }, 0, NULL },
};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

/* File modes are to stop nobody: only the policy does. */
static void furnish(void)
{
	int fd;

	must(!chmod("/ok", 0777) && !chmod("/no", 0777), "chmod");
	must(!chmod(ALLOWED, 0666) && !chmod(FORBIDDEN, 0666), "chmod");
	must(!symlink("/no", "/ok/up"), "/ok/up");
	must(!symlink("/ok", "/ok/here"), "/ok/here");
	must(!symlink("loop", "/ok/loop"), "/ok/loop");
	must(!symlink("/no/new", "/tmp/new"), "/tmp/new");
	must(!symlink("/no", "/ok/other"), "/ok/other");
	/* Who is no ancestor may not look into a process. */
	fd = open("/proc/sys/kernel/yama/ptrace_scope", O_WRONLY);
	must(write(fd, "1", 1) == 1, "ptrace_scope");
	close(fd);
	must(!mkfifo("/tmp/fifo", 0600) && !chown("/tmp/fifo", USER, USER), "/tmp/fifo");
}

/* Not confined: exchanges SWAPPED and a link for as long as we live. */
static pid_t exchange(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		renameat2(AT_FDCWD, SWAPPED, AT_FDCWD, "/ok/other", RENAME_EXCHANGE);
}

static void start(int i, int out)
{
	const char *argv[32] = { POLICY };
	int n = 0, c;

	while (argv[n])
		n++;
	for (c = 0; c < 4; c++)
		argv[n + c] = cases[i].command[c];
	dup2(out, 1);
	dup2(out, 2);
	if (!cases[i].root && (setgroups(0, NULL) || setgid(USER) || setuid(USER)))
		_exit(125);
	execv("/bin/inject-open", (char **)argv);
	_exit(125);
}

static bool has_line(const char *text, const char *line)
{
	size_t len = strlen(line);
	const char *at;

	for (at = text; (at = strstr(at, line)); at++)
		if ((at == text || at[-1] == '\n') && at[len] == '\n')
			return true;
	return false;
}

/* Status as a shell says it, and the output up to the end of all writers. */
static int run(int i, char *text, size_t size)
{
	size_t len = 0;
	int p[2], status;
	ssize_t n;
	pid_t pid;

	must(!pipe(p), "pipe");
	pid = fork();
	if (!pid)
		start(i, p[1]);
	close(p[1]);
	while ((n = read(p[0], text + len, size - 1 - len)) > 0)
		len += n;
	text[len] = 0;
	close(p[0]);
	must(waitpid(pid, &status, 0) == pid, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool passes(int i)
{
	static char text[65536];
	char *line, *rest = text;
	int status = run(i, text, sizeof(text));

	if (status == cases[i].status && (!cases[i].says || has_line(text, cases[i].says)))
		return true;
	printf("# status %d, not %d; the output:\n", status, cases[i].status);
	while ((line = strsep(&rest, "\n")))
		printf("#   %s\n", line);
	return false;
}

int main(int argc, char **argv)
{
	int i, bad = 0, count = sizeof(cases) / sizeof(*cases);
	pid_t pid = 0;

	if (argc > 1)
		return attack(argv[1]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n1..%d\n", count);
	furnish();
	for (i = 0; i < count; i++) {
		if (!strcmp(cases[i].command[0], "attack") &&
		    !strcmp(cases[i].command[1], "link-race"))
			pid = exchange();
		if (passes(i)) {
			printf("ok %d %s\n", i + 1, cases[i].name);
		} else {
			printf("not ok %d %s\n", i + 1, cases[i].name);
			bad = 1;
		}
	}
	if (pid)
		kill(pid, SIGKILL);
	return bad;
}
