// SPDX-License-Identifier: GPL-2.0
/*
 * inject-open: confine what a program may open.
 *
 *	inject-open [-r DIR]... [-w DIR]... -- COMMAND [ARG...]
 *
 * COMMAND, and all that it starts, opens for reading what lies beneath a DIR of
 * -r or -w, for writing what lies beneath one of -w, and executes what lies
 * beneath one of -r and none of -w. DIR may be a file. Everything else fails
 * with EACCES. It needs no privilege where a process may attach to its children
 * with ptrace().
 *
 * A task that opens a file traps to us. We copy the path out of its memory, make
 * it absolute, follow its symbolic links, decide on the outcome, and have the
 * task run openat2() on that very string with RESOLVE_NO_SYMLINKS. Other threads
 * may change the memory, the working directory, descriptors and links meanwhile:
 * nothing of that is looked at again, and a link that appears fails with ELOOP.
 * CONTINUE is never the answer.
 *
 * execve() becomes execveat() on what the links lead to, which has no
 * RESOLVE_NO_SYMLINKS: in the moment after the decision, whoever is not confined
 * can put a link into the path. The program's interpreter or loader is run
 * unseen. A script sees its own name with all links followed.
 *
 * mkdir, unlink, rename and whatever else changes a file system by path, or by a
 * descriptor that may be open for reading only, has no RESOLVE_NO_SYMLINKS, and
 * is refused with EPERM. So are mounts, handles, other root directories, new
 * namespaces, bind() and access to other processes. io_uring, clone3() and
 * system calls that this program does not know fail with ENOSYS; one of another
 * architecture kills.
 *
 * Not confined:
 * - descriptors of O_PATH, which can be neither read nor written;
 * - names and attributes (stat, readlink, chdir, inotify);
 * - descriptors that are inherited or received, and who answers at a socket;
 * - what the ioctl() of a driver or file system does, but for the usual ones;
 * - what /proc offers, to who gets it with -r or -w: memory of other processes;
 * - signals: one who ends us has no open() any more, it fails with ENOSYS.
 *
 * A path through /proc/PID/fd is that of the file: pipes and memfds can't be
 * opened anew. /proc/self is known by that name only. Of openat2() what depends
 * on where the walk begins fails with ENOSYS. Arguments of a new program have to
 * fit into SECCOMP_NOTIF_INJECT_BUF_MAX. A program that may be executed and not
 * read opens nothing: its memory is closed to us. One thread answers everybody:
 * a file system that keeps it waiting for a link, or for a page of a path, keeps
 * all waiting.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inject-helper.h"

#if defined(__x86_64__) && defined(__LP64__)
#define ARCH		AUDIT_ARCH_X86_64
#elif defined(__AARCH64EL__) && defined(__LP64__)
#define ARCH		AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH		AUDIT_ARCH_RISCV64
#elif defined(__loongarch__) && defined(__LP64__)
#define ARCH		AUDIT_ARCH_LOONGARCH64
#endif

#ifndef ARCH
int main(void)
{
	errx(1, "not on this architecture");
}
#else

/* The last system call that was looked at for the lists below. */
#define LAST_NR		__NR_fchroot

#define MAX_LINKS	40
#define MAX_DIRS	64

/* The filter sees 32 bits of each argument, which is all that these calls take. */
#define NEW_NAMESPACES	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
			 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define MAY_UNSHARE	(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM)

/* ---- The filter ---- */

static const unsigned int trapped[] = {
#ifdef __NR_open
	__NR_open, __NR_creat,
#endif
	__NR_openat, __NR_openat2, __NR_execve, __NR_execveat,
};

static const unsigned int refused[] = {
#ifdef __NR_open
	__NR_mkdir, __NR_mknod, __NR_unlink, __NR_rmdir, __NR_rename, __NR_link,
	__NR_symlink, __NR_chmod, __NR_chown, __NR_lchown, __NR_utime,
	__NR_utimes, __NR_futimesat, __NR_uselib,
#endif
#ifdef __NR_renameat
	__NR_renameat,
#endif
	__NR_mkdirat, __NR_mknodat, __NR_unlinkat, __NR_renameat2, __NR_linkat,
	__NR_symlinkat, __NR_truncate, __NR_fchmod, __NR_fchmodat, __NR_fchmodat2,
	__NR_fchown, __NR_fchownat, __NR_utimensat,
	__NR_setxattr, __NR_lsetxattr, __NR_fsetxattr, __NR_removexattr,
	__NR_lremovexattr, __NR_fremovexattr,
	__NR_setxattrat, __NR_removexattrat, __NR_file_setattr,
	/* Other ways to a file, other meanings of a path */
	__NR_name_to_handle_at, __NR_open_by_handle_at, __NR_fanotify_init,
	__NR_mount, __NR_umount2, __NR_pivot_root, __NR_chroot, __NR_fchroot,
	__NR_open_tree, __NR_open_tree_attr, __NR_move_mount, __NR_fsopen,
	__NR_fsconfig, __NR_fsmount, __NR_fspick, __NR_mount_setattr, __NR_setns,
	__NR_acct, __NR_swapon, __NR_swapoff, __NR_quotactl, __NR_quotactl_fd,
	__NR_bind,
	/* Other processes, and the kernel */
	__NR_ptrace, __NR_process_vm_readv, __NR_process_vm_writev,
	__NR_pidfd_getfd, __NR_userfaultfd, __NR_bpf, __NR_perf_event_open, __NR_init_module,
	__NR_finit_module, __NR_delete_module, __NR_kexec_load,
	__NR_kexec_file_load, __NR_reboot,
#ifdef __NR_iopl
	__NR_iopl, __NR_ioperm,
#endif
};

/* Callers know what to do without these. */
static const unsigned int unknown[] = {
	__NR_io_uring_setup, __NR_io_uring_enter, __NR_io_uring_register,
	__NR_clone3,	/* its flags are in memory */
};

/* Change a file that is open for reading, type into a terminal, stop a reader. */
static const unsigned int refused_ioctls[] = {
	FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR, FS_IOC_SETVERSION, FS_IOC_ENABLE_VERITY,
	TIOCSTI, TIOCLINUX, USERFAULTFD_IOC_NEW,
};

static struct sock_filter insns[512];
static unsigned int ninsns;

static void insn(unsigned int code, unsigned int k, unsigned int jt, unsigned int jf)
{
	insns[ninsns++] = (struct sock_filter){ code, jt, jf, k };
}

static void load(size_t offset)
{
	insn(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

static void ret(unsigned int action)
{
	insn(BPF_RET | BPF_K, action, 0, 0);
}

static void each(const unsigned int *values, size_t count, unsigned int action)
{
	for (; count--; values++) {
		insn(BPF_JMP | BPF_JEQ | BPF_K, *values, 0, 1);
		ret(action);
	}
}

/* If the number is @nr and argument @arg has a bit of @bits. */
static void refuse_bits(unsigned int nr, int arg, unsigned int bits)
{
	insn(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 4);
	load(offsetof(struct seccomp_data, args[arg]));
	insn(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
	ret(SECCOMP_RET_ERRNO | EPERM);
	ret(SECCOMP_RET_ALLOW);
}

#define EACH(values, action) each(values, sizeof(values) / sizeof(*(values)), action)

static int install_filter(void)
{
	struct sock_fprog prog = { .filter = insns };

	load(offsetof(struct seccomp_data, arch));
	insn(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	ret(SECCOMP_RET_KILL_PROCESS);
	load(offsetof(struct seccomp_data, nr));
	insn(BPF_JMP | BPF_JGT | BPF_K, LAST_NR, 0, 1);
	ret(SECCOMP_RET_ERRNO | ENOSYS);	/* those of x32, too */
	EACH(trapped, SECCOMP_RET_USER_NOTIF);
	EACH(refused, SECCOMP_RET_ERRNO | EPERM);
	EACH(unknown, SECCOMP_RET_ERRNO | ENOSYS);
	refuse_bits(__NR_unshare, 0, ~MAY_UNSHARE);
	refuse_bits(__NR_clone, 0, NEW_NAMESPACES);
	insn(BPF_JMP | BPF_JEQ | BPF_K, __NR_ioctl, 1, 0);
	ret(SECCOMP_RET_ALLOW);
	load(offsetof(struct seccomp_data, args[1]));
	EACH(refused_ioctls, SECCOMP_RET_ERRNO | EPERM);
	ret(SECCOMP_RET_ALLOW);

	prog.len = ninsns;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err(1, "no_new_privs");
	return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
		       SECCOMP_FILTER_FLAG_NEW_LISTENER |
		       SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV |
		       SECCOMP_FILTER_FLAG_INJECT, &prog);
}

/* ---- The policy ---- */

struct dirs {
	char *dir[MAX_DIRS];
	int count;
};

static struct dirs readable, writable;

static void add_dir(struct dirs *dirs, const char *dir)
{
	if (dirs->count == MAX_DIRS)
		errx(2, "more than %d directories", MAX_DIRS);
	dirs->dir[dirs->count] = realpath(dir, NULL);
	if (!dirs->dir[dirs->count++])
		err(2, "%s", dir);
}

/* @path holds no symbolic link and no "..". */
static bool beneath(const struct dirs *dirs, const char *path)
{
	size_t len;
	int i;

	for (i = 0; i < dirs->count; i++) {
		len = strlen(dirs->dir[i]);
		if (len == 1 || (!strncmp(dirs->dir[i], path, len) &&
				 (!path[len] || path[len] == '/')))
			return true;
	}
	return false;
}

static bool may_open(const char *path, __u64 flags)
{
	/* O_TMPFILE fails without O_WRONLY or O_RDWR. */
	bool wr = flags & (O_ACCMODE | O_CREAT | O_TRUNC);

	if (flags & O_PATH)	/* can neither be read nor written */
		return true;
	if (wr)
		return beneath(&writable, path);
	return beneath(&readable, path) || beneath(&writable, path);
}

static bool may_execute(const char *path)
{
	return beneath(&readable, path) && !beneath(&writable, path);
}

/* ---- What the target meant ---- */

/* The call that is being answered; one at a time. */
static struct seccomp_notif notif;
static struct inject in;
static int listener;

static pid_t command;
static int pidfd, status;

/* Returns how much can be read, or -EFAULT. */
static ssize_t read_target(__u64 addr, void *to, size_t len)
{
	struct iovec here = { to, len }, there = { (void *)(uintptr_t)addr, len };
	ssize_t n = process_vm_readv(notif.pid, &here, 1, &there, 1, 0);

	return n > 0 ? n : -EFAULT;
}

/* A string with its NUL in @size bytes. Returns its length, or an error. */
static ssize_t read_string(__u64 addr, char *to, size_t size, int too_long)
{
	size_t got = 0, part;
	ssize_t n;
	char *end;

	while (got < size) {
		/* Not across a page: the next one may not be there. */
		part = 4096 - (addr + got) % 4096;
		if (part > size - got)
			part = size - got;
		n = read_target(addr + got, to + got, part);
		if (n < 0)
			return n;
		end = memchr(to + got, 0, n);
		if (end)
			return end - to;
		got += n;
	}
	return -too_long;
}

static pid_t thread_group(void)
{
	char path[32], line[128];
	pid_t tgid = notif.pid;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", notif.pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f) && sscanf(line, "Tgid: %d", &tgid) != 1)
		;
	if (f)
		fclose(f);
	return tgid;
}

/* What a link says; /proc/self is the target's. Length or negative errno. */
static ssize_t read_link(const char *path, char *text, size_t size)
{
	ssize_t n;

	if (!strcmp(path, "/proc/self"))
		return snprintf(text, size, "%d", thread_group());
	if (!strcmp(path, "/proc/thread-self"))
		return snprintf(text, size, "%d/task/%d", thread_group(), notif.pid);
	n = readlink(path, text, size - 1);
	if (n < 0)
		return -errno;
	text[n] = 0;
	return n;
}

static void drop_last(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = 0;
}

struct walk {
	char done[PATH_MAX];		/* absolute, no links, no ".." */
	char rest[3 * PATH_MAX];
	int links;
	bool follow_last;
	bool follow;
};

/* Put the text of the link that @w->done is in its place. */
static int follow(struct walk *w, const char *text, const char *after)
{
	static char next[sizeof(w->rest)];
	size_t len;

	if (!w->follow || ++w->links > MAX_LINKS)
		return -ELOOP;
	len = snprintf(next, sizeof(next), "%s%s", text, after);
	if (len >= sizeof(next))
		return -ENAMETOOLONG;
	memcpy(w->rest, next, len + 1);
	if (*text == '/')
		*w->done = 0;
	else
		drop_last(w->done);
	return 0;
}

/* Take the component of @len bytes at @comp. @after is what comes then. */
static int step(struct walk *w, const char *comp, size_t len, const char *after)
{
	bool last = !after[strspn(after, "/")];
	bool follow_it = *after || w->follow_last;
	size_t at = strlen(w->done);
	char text[PATH_MAX];
	ssize_t n;

	if (at + 1 + len >= sizeof(w->done))
		return -ENAMETOOLONG;
	snprintf(w->done + at, sizeof(w->done) - at, "/%.*s", (int)len, comp);
	n = read_link(w->done, text, sizeof(text));
	if (n >= 0 && follow_it)
		return follow(w, text, after);
	if (n >= 0 || n == -EINVAL || (n == -ENOENT && last))
		memmove(w->rest, after, strlen(after) + 1);
	else
		return n;
	return 0;
}

/* Follow all links of @w->rest. The outcome is in @w->done. */
static int walk(struct walk *w)
{
	bool slash = false;
	char *comp;
	size_t len;
	int error;

	for (;;) {
		comp = w->rest + strspn(w->rest, "/");
		len = strcspn(comp, "/");
		if (!len)
			break;
		slash = comp[len] == '/' || (len == 1 && *comp == '.');
		if (len == 2 && !strncmp(comp, "..", 2))
			drop_last(w->done);
		if ((len == 1 && *comp == '.') || (len == 2 && !strncmp(comp, "..", 2))) {
			memmove(w->rest, comp + len, strlen(comp + len) + 1);
			continue;
		}
		error = step(w, comp, len, comp + len);
		if (error)
			return error;
	}
	/* "file/" is to fail as it would. */
	len = strlen(w->done);
	if (len + 2 > sizeof(w->done))
		return -ENAMETOOLONG;
	if (!len || slash)
		memcpy(w->done + len, "/", 2);
	return 0;
}

/* Where a relative path of the target starts. */
static int start_of(int dirfd, char *to, size_t size)
{
	char link[48];
	ssize_t n;

	if (dirfd == AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/%d/cwd", notif.pid);
	else
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", notif.pid, dirfd);
	n = read_link(link, to, size);
	if (n < 0)
		return n == -ENOENT ? -EBADF : n;
	return *to == '/' ? 0 : -ENOTDIR;
}

/* @empty: a path that is empty is the file that @dirfd is open on. */
static int resolve(struct walk *w, int dirfd, __u64 addr, bool empty)
{
	char path[PATH_MAX], start[PATH_MAX] = "";
	ssize_t n = read_string(addr, path, sizeof(path), ENAMETOOLONG);
	int error;

	if (n < 0)
		return n;
	if (!n && !empty)
		return -ENOENT;
	if (*path != '/') {
		error = start_of(dirfd, start, sizeof(start));
		if (error)
			return error;
	}
	*w->done = 0;
	w->links = 0;
	snprintf(w->rest, sizeof(w->rest), "%s%s%s", start, n ? "/" : "", path);
	return walk(w);
}

/* ---- Answers ---- */

static void answer_error(int error)
{
	struct seccomp_notif_resp resp = { .id = notif.id, .error = error };

	/* It may be gone. */
	while (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp) && errno == EINTR)
		;
}

/*
 * Had the task died, and another one with its number been read instead, then
 * there would be no notification with this id any more.
 */
static int send_request(void)
{
	int ret;

	do {
		ret = inject_send(&in, listener, notif.id);
	} while (ret && errno == EINTR);
	return ret ? -errno : 0;
}

static int do_open(int dirfd, __u64 addr, struct open_how how)
{
	static struct walk w;
	int error;

	w.follow = !(how.resolve & RESOLVE_NO_SYMLINKS);
	w.follow_last = !(how.flags & O_NOFOLLOW) &&
		(how.flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
	error = resolve(&w, dirfd, addr, false);
	if (error)
		return error;
	if (!may_open(w.done, how.flags))
		return -EACCES;
	how.resolve = RESOLVE_NO_SYMLINKS;
	inject_start(&in, __NR_openat2);
	inject_value(&in, 0, AT_FDCWD);
	inject_string(&in, 1, w.done);
	inject_bytes(&in, 2, &how, sizeof(how));
	inject_value(&in, 3, sizeof(how));
	return send_request();
}

static int old_open(int dirfd, __u64 addr, unsigned int flags, unsigned int mode)
{
	struct open_how how;

	inject_old_open(&how, flags, mode);
	return do_open(dirfd, addr, how);
}

static int new_open(const __u64 *args)
{
	struct open_how how;

	if (args[3] < sizeof(how))
		return -EINVAL;
	if (args[3] > sizeof(how))
		return -E2BIG;
	if (read_target(args[2], &how, sizeof(how)) != sizeof(how))
		return -EFAULT;
	if (how.resolve && how.resolve != RESOLVE_NO_SYMLINKS &&
	    how.resolve != (RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS))
		return -ENOSYS;
	if (how.flags & ~(__u64)INJECT_OPEN_FLAGS)
		return -EINVAL;
	return do_open(args[0], args[1], how);
}

/* argv and envp, one after the other; NULL ends each. */
#define MAX_STRINGS	(SECCOMP_NOTIF_INJECT_BUF_MAX / 8)

static const char *strings[2][MAX_STRINGS + 1];
static char text[SECCOMP_NOTIF_INJECT_BUF_MAX];

static int read_strings(__u64 addr, const char **to, size_t *used)
{
	__u64 at;
	ssize_t n;
	int i;

	for (i = 0; addr && i < MAX_STRINGS; i++, addr += sizeof(at)) {
		if (read_target(addr, &at, sizeof(at)) != sizeof(at))
			return -EFAULT;
		if (!at)
			break;
		n = read_string(at, text + *used, sizeof(text) - *used, E2BIG);
		if (n < 0)
			return n;
		to[i] = text + *used;
		*used += n + 1;
	}
	to[i] = NULL;
	return i == MAX_STRINGS ? -E2BIG : 0;
}

static int do_exec(int dirfd, __u64 addr, __u64 argv, __u64 envp, int flags)
{
	static struct walk w;
	size_t used = 0;
	int error;

	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	w.follow = true;
	w.follow_last = !(flags & AT_SYMLINK_NOFOLLOW);
	error = resolve(&w, dirfd, addr, flags & AT_EMPTY_PATH);
	if (error)
		return error;
	if (!may_execute(w.done))
		return -EACCES;
	error = read_strings(argv, strings[0], &used);
	if (!error)
		error = read_strings(envp, strings[1], &used);
	if (error)
		return error;
	inject_start(&in, __NR_execveat);
	inject_value(&in, 0, AT_FDCWD);
	inject_string(&in, 1, w.done);
	inject_strings(&in, 2, strings[0]);
	inject_strings(&in, 3, strings[1]);
	inject_value(&in, 4, AT_SYMLINK_NOFOLLOW);
	return send_request();
}

static int decide(const __u64 *args)
{
	switch (notif.data.nr) {
#ifdef __NR_open
	case __NR_open:
		return old_open(AT_FDCWD, args[0], args[1], args[2]);
	case __NR_creat:
		return old_open(AT_FDCWD, args[0], O_CREAT | O_WRONLY | O_TRUNC, args[1]);
#endif
	case __NR_openat:
		return old_open(args[0], args[1], args[2], args[3]);
	case __NR_openat2:
		return new_open(args);
	case __NR_execve:
		return do_exec(AT_FDCWD, args[0], args[1], args[2], 0);
	case __NR_execveat:
		return do_exec(args[0], args[1], args[2], args[3], args[4]);
	}
	return -EPERM;
}

/* Orphans come to us. Sets @status when COMMAND is among who has ended. */
static void reap(void)
{
	int how;
	pid_t pid;

	while ((pid = waitpid(-1, &how, WNOHANG)) > 0) {
		if (pid != command)
			continue;
		status = how;
		command = 0;	/* The number may come again. */
	}
}

/* Until the last task under the filter has ended. */
static void supervise(void)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	int error;

	for (;;) {
		if (poll(&p, 1, -1) < 0) {
			if (errno == EINTR)
				continue;
			err(1, "poll");
		}
		if (!(p.revents & POLLIN))
			break;
		reap();
		memset(&notif, 0, sizeof(notif));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notif))
			continue;
		error = decide(notif.data.args);
		if (error)
			answer_error(error);
	}
	if (command && waitpid(command, &status, 0) != command)
		err(1, "waitpid");
}

/* ---- Start and end ---- */

static void pass_on(int sig)
{
	int saved = errno;

	syscall(__NR_pidfd_send_signal, pidfd, sig, NULL, 0);
	errno = saved;
}

/* Nobody opens anything without us: what means COMMAND must not end us. */
static void survive(void)
{
	/* A terminal sends these to COMMAND, too. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, pass_on);
}

/* The child's part: say which descriptor the listener is, and become COMMAND. */
static void run(char **argv, int to)
{
	const struct rlimit none = { 0, 0 };
	int fd;

	/* The kernel writes a core file wherever the working directory is. */
	if (setrlimit(RLIMIT_CORE, &none))
		err(1, "setrlimit");
	fd = install_filter();
	if (fd < 0)
		err(1, "seccomp(SECCOMP_FILTER_FLAG_INJECT)");
	if (write(to, &fd, sizeof(fd)) != sizeof(fd))
		err(1, "write");
	execvp(argv[0], argv);
	err(errno == ENOENT ? 127 : 126, "%s", argv[0]);
}

static void get_listener(int from)
{
	int fd;

	if (read(from, &fd, sizeof(fd)) != sizeof(fd))
		exit(1);	/* The child has said why. */
	close(from);
	pidfd = syscall(__NR_pidfd_open, command, 0);
	listener = syscall(__NR_pidfd_getfd, pidfd, fd, 0);
	if (listener < 0)
		err(1, "pidfd_getfd");
}

static void explain(void)
{
	fprintf(stderr, "usage: inject-open [-r DIR]... [-w DIR]... -- COMMAND [ARG...]\n");
	exit(2);
}

int main(int argc, char **argv)
{
	int opt, pipefd[2];

	while ((opt = getopt(argc, argv, "+r:w:")) != -1) {
		if (opt != 'r' && opt != 'w')
			explain();
		add_dir(opt == 'r' ? &readable : &writable, optarg);
	}
	if (optind == argc)
		explain();
	/* Yama lets a parent read: be the one of orphans. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		err(1, "PR_SET_CHILD_SUBREAPER");
	if (pipe2(pipefd, O_CLOEXEC))
		err(1, "pipe");
	command = fork();
	if (command < 0)
		err(1, "fork");
	if (!command)
		run(argv + optind, pipefd[1]);
	close(pipefd[1]);
	get_listener(pipefd[0]);
	survive();
	supervise();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
#endif
