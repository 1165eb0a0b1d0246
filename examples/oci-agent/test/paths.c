// SPDX-License-Identifier: GPL-2.0
/* Calls with paths: what is asked, what runs, what the container sees of it. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "test.h"

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW	256
#endif

#define OPENS	"open openat openat2 creat truncate"
#define NAMES	"mkdir mkdirat mknodat unlink unlinkat rmdir rename renameat renameat2 " \
		"link linkat symlink symlinkat"
#define INODES	"chmod fchmodat fchmodat2 chown lchown fchownat utimensat stat lstat " \
		"newfstatat statx statfs access faccessat faccessat2 readlink readlinkat " \
		"setxattr getxattr listxattr removexattr lsetxattr lgetxattr chdir"
#define FOLLOWS	"truncate chdir connect"

static const char policy[] =
"{ \"profiles\": {\n"
"  \"default\": { \"reopen\": \"allow\", \"rules\": [\n"
"    { \"calls\": [\"open\", \"stat\"], \"path\": \"/tmp/secret\",\n"
"      \"action\": \"deny\", \"errno\": \"EXDEV\" },\n"
"    { \"calls\": [\"open\"], \"access\": \"write\", \"path\": \"/tmp/allowed\",\n"
"      \"action\": \"deny\", \"errno\": \"EROFS\" },\n"
"    { \"calls\": [\"open\", \"stat\", \"unlink\", \"xattr\"], \"path\": \"/tmp/old\",\n"
"      \"action\": \"rewrite\", \"to\": \"/tmp/new\" },\n"
"    { \"calls\": [\"mkdir\", \"unlink\", \"rename\", \"chmod\", \"chown\", \"utime\",\n"
"                \"xattr\", \"chdir\"], \"path\": \"/tmp/dir/no\",\n"
"      \"action\": \"deny\", \"errno\": \"EXDEV\" } ],\n"
"    \"otherwise\": { \"action\": \"allow\" } },\n"
"  \"access\": { \"rules\": [\n"
"    { \"calls\": [\"open\"], \"access\": \"read\", \"path\": \"/tmp/old\",\n"
"      \"action\": \"deny\", \"errno\": \"EXDEV\" },\n"
"    { \"calls\": [\"open\"], \"access\": \"read\", \"path\": \"/tmp/race\",\n"
"      \"action\": \"rewrite\", \"to\": \"/tmp/new\" },\n"
"    { \"calls\": [\"open\"], \"access\": \"write\", \"path\": \"/tmp\",\n"
"      \"action\": \"allow\" } ],\n"
"    \"otherwise\": { \"action\": \"deny\", \"errno\": \"ENOTTY\" } },\n"
"  \"guarded\": { \"rules\": [\n"
"    { \"calls\": [\"rename\"], \"path\": \"/tmp/dir\", \"action\": \"allow\" },\n"
"    { \"calls\": [\"open\"], \"access\": \"write\", \"path\": \"/tmp/dir/up/no\",\n"
"      \"action\": \"deny\", \"errno\": \"EXDEV\" },\n"
"    { \"calls\": [\"connect\"], \"unix\": \"/tmp/dir/run/sock\",\n"
"      \"action\": \"deny\", \"errno\": \"ENOTTY\" } ],\n"
"    \"otherwise\": { \"action\": \"allow\" } },\n"
"  \"filled\": { \"rules\": [\n"
"    { \"calls\": [\"connect\"], \"unix\": \"/tmp/dir/run/sock\", \"action\": \"allow\" },\n"
"    { \"calls\": [\"connect\"], \"ports\": \"80\",\n"
"      \"action\": \"deny\", \"errno\": \"ENOSPC\" },\n"
"    { \"calls\": [\"connect\"], \"action\": \"deny\", \"errno\": \"EXDEV\" },\n"
"    { \"calls\": [\"open\", \"rename\"], \"path\": \"/tmp/dir/pub\", \"action\": \"allow\" },\n"
"    { \"calls\": [\"open\"], \"path\": \"/tmp/dir/from\",\n"
"      \"action\": \"rewrite\", \"to\": \"/tmp/dir/to\" },\n"
"    { \"calls\": [\"chmod\"], \"action\": \"deny\", \"errno\": \"ENOSPC\" },\n"
"    { \"calls\": [\"open\"], \"access\": \"write\",\n"
"      \"action\": \"deny\", \"errno\": \"ENOTTY\" } ],\n"
"    \"otherwise\": { \"action\": \"allow\" } },\n"
"  \"rest\": { \"rules\": [\n"
"    { \"calls\": [\"open\"], \"path\": \"/tmp/dir/pub\", \"action\": \"allow\" },\n"
"    { \"calls\": [\"rename\"], \"path\": \"/tmp/dir\", \"action\": \"allow\" },\n"
"    { \"calls\": [\"rename\"], \"path\": \"/tmp/new\", \"action\": \"allow\" } ] },\n"
"  \"fixed\": { \"parents\": \"fixed\", \"otherwise\": { \"action\": \"allow\" } },\n"
"  \"starts\": { \"reopen\": \"start\", \"otherwise\": { \"action\": \"allow\" } },\n"
"  \"closed\": { \"otherwise\": { \"action\": \"allow\" } }\n"
"} }\n";

static bool fails(long result, int error)
{
	return result < 0 && errno == error;
}

static bool reads(int fd, const char *text)
{
	char got[64] = "";
	bool same = fd >= 0 && read(fd, got, sizeof(got) - 1) >= 0 && !strcmp(got, text);

	if (fd >= 0)
		close(fd);
	return same;
}

#define EXPECT(what) expect(what, "%s", #what)

static int opens(void)
{
	struct open_how how = { .flags = O_RDONLY };
	int dir = open("/tmp", O_RDONLY | O_DIRECTORY), fd;

	EXPECT(reads(open("/tmp/allowed", O_RDONLY), "allowed"));
	EXPECT(reads(open("allowed", O_RDONLY), "allowed"));
	EXPECT(reads(open("./dir/..//allowed", O_RDONLY), "allowed"));
	EXPECT(reads(openat(dir, "allowed", O_RDONLY), "allowed"));
	EXPECT(reads(openat(dir, "link", O_RDONLY), "allowed"));
	EXPECT(reads(syscall(SYS_open, "/tmp/link", O_RDONLY), "allowed"));
	EXPECT(fails(open("/tmp/allowed", O_RDWR), EROFS));
	EXPECT(fails(truncate("/tmp/allowed", 0), EROFS));
	EXPECT(fails(open("/tmp/secret", O_RDONLY), EXDEV));
	EXPECT(fails(open("link-to-secret", O_RDONLY), EXDEV));
	EXPECT(fails(open("/tmp/link-to-dir/../secret", O_RDONLY), EXDEV));
	EXPECT(fails(open("/proc/self/root/tmp/secret", O_RDONLY), EXDEV));
	EXPECT(fails(open("/proc/self/cwd/secret", O_RDONLY), EXDEV));
	EXPECT(fails(open("/tmp/secret/", O_RDONLY), EXDEV));
	EXPECT(fails(open("/tmp/allowed/", O_RDONLY), ENOTDIR));
	EXPECT(fails(open("/tmp/allowed/x", O_RDONLY), ENOTDIR));
	EXPECT(fails(open("/tmp/link", O_RDONLY | O_NOFOLLOW), ELOOP));
	EXPECT(fails(open("/tmp/nothing", O_RDONLY), ENOENT));
	EXPECT(fails(open("", O_RDONLY), ENOENT));
	EXPECT(fails(open((char *)8, O_RDONLY), EFAULT));
	EXPECT(fails(openat(77, "allowed", O_RDONLY), EBADF));
	fd = open("/tmp/allowed", O_RDONLY);
	EXPECT(fails(openat(fd, "x", O_RDONLY), ENOTDIR));
	close(fd);
	EXPECT(reads(open("/tmp/old/file", O_RDONLY), "new"));
	EXPECT(reads(openat(dir, "old/file", O_RDONLY), "new"));
	fd = open("/tmp/dir/made", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0640);
	EXPECT(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	close(fd);
	EXPECT(!syscall(SYS_unlink, "/tmp/dir/made"));
	fd = syscall(SYS_creat, "/tmp/dir/made", 0600);
	EXPECT(fd >= 0 && !close(fd) && !truncate("/tmp/dir/made", 3));
	EXPECT(!unlink("/tmp/dir/made"));
	EXPECT(reads(syscall(SYS_openat2, dir, "allowed", &how, sizeof(how)), "allowed"));
	how.resolve = RESOLVE_NO_SYMLINKS;
	EXPECT(fails(syscall(SYS_openat2, dir, "link", &how, sizeof(how)), ELOOP));
	how.resolve = RESOLVE_NO_MAGICLINKS;
	EXPECT(reads(syscall(SYS_openat2, dir, "link", &how, sizeof(how)), "allowed"));
	EXPECT(syscall(SYS_openat2, dir, "/proc/thread-self/status", &how, sizeof(how)) >= 0);
	EXPECT(syscall(SYS_openat2, dir, "/proc/mounts", &how, sizeof(how)) >= 0);
	EXPECT(fails(syscall(SYS_openat2, dir, "/proc/self/exe", &how, sizeof(how)), ELOOP));
	EXPECT(fails(syscall(SYS_openat2, dir, "/proc/self/cwd/allowed", &how, sizeof(how)),
		     ELOOP));
	how.resolve = RESOLVE_BENEATH;
	EXPECT(fails(syscall(SYS_openat2, dir, "allowed", &how, sizeof(how)), ENOSYS));
	EXPECT(fails(syscall(SYS_openat2, dir, "allowed", &how, 8), EINVAL));
	fd = open("/proc/self/status", O_RDONLY);
	EXPECT(fd >= 0);
	close(fd);
	return unexpected();
}

/* Where /tmp/old may not be read, /tmp/race is read elsewhere, and /tmp may be written only. */
static int accesses(void)
{
	int fd = open("/tmp/old/file", O_WRONLY);

	EXPECT(fd >= 0 && !close(fd));
	EXPECT(fails(open("/tmp/old/file", O_RDONLY), EXDEV));
	EXPECT(fails(open("/tmp/old/file", O_RDWR), EXDEV));
	EXPECT(fails(open("/tmp/old/file", O_ACCMODE), EXDEV));
	EXPECT(fails(open("/tmp/old/file", O_RDONLY | O_CREAT, 0600), EXDEV));
	EXPECT(fails(open("/tmp/old/file", O_RDONLY | O_TRUNC), EXDEV));
	EXPECT(fails(open("/tmp/old/file", O_PATH | O_CREAT, 0600), EXDEV));
	fd = open("/tmp/dir/made", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	EXPECT(fd >= 0 && !close(fd) && !truncate("/tmp/dir/made", 0));
	EXPECT(fails(open("/tmp/dir/made", O_RDONLY), ENOTTY));
	EXPECT(fails(open("/tmp/dir/made", O_RDWR), ENOTTY));
	EXPECT(fails(open("/tmp/dir/made", O_RDONLY | O_CREAT, 0600), ENOTTY));
	EXPECT(!unlink("/tmp/dir/made"));
	EXPECT(reads(open("/tmp/race/file", O_RDONLY), "new"));
	EXPECT(fails(open("/tmp/race/file", O_RDWR), EACCES));
	EXPECT(fails(open("/tmp/race/file", O_RDONLY | O_CREAT, 0600), EACCES));
	EXPECT(fails(open("/tmp/race/file", O_WRONLY), ENOENT));
	return unexpected();
}

/* A path of @times "x/..", and then "x". */
static int opens_again(int times)
{
	char path[PATH_MAX] = "", *end = path;

	while (times--)
		end = stpcpy(end, "x/../");
	strcpy(end, "x");
	return open(path, O_RDONLY);
}

/* Names are looked up often enough for any use, but not without end. */
static int deep(void)
{
	int i;

	for (i = 0; i < 20; i++)
		EXPECT(!mkdir("x", 0700) && !chdir("x"));
	EXPECT(!mkdir("x", 0700) && opens_again(800) >= 0);
	for (; i < 1000; i++)
		EXPECT((i == 20 || !mkdir("x", 0700)) && !chdir("x"));
	EXPECT(!mkdir("x", 0700) && opens_again(10) >= 0 && fails(opens_again(800), ELOOP));
	for (; i >= 0; i--)
		EXPECT(!rmdir("x") && !chdir(".."));
	return unexpected();
}

/* The number that /proc/self/status has, or /proc/thread-self/status. */
static int number_in(const char *path)
{
	char status[4096] = "", *pid;
	int fd = open(path, O_RDONLY), n = -1;

	if (fd >= 0 && read(fd, status, sizeof(status) - 1) > 0) {
		pid = strstr(status, "\nPid:");
		if (!pid || sscanf(pid, "\nPid: %d", &n) != 1)
			n = -1;
	}
	if (fd >= 0)
		close(fd);
	return n;
}

/* Of a process that is 1 where it is, and has another number in this /proc. */
static int opens_outer_proc(void)
{
	int status;
	pid_t pid;

	EXPECT(getpid() == 1 && !unshare(CLONE_NEWPID));
	pid = fork();
	if (!pid)
		_exit(getpid() != 1 ? 0 : number_in("/proc/self/status") ==
		      number_in("/proc/thread-self/status") ? number_in("/proc/self/status") : 0);
	EXPECT(pid > 1 && waitpid(pid, &status, 0) == pid);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == pid);
	EXPECT(number_in("/proc/self/status") == 1);
	return unexpected();
}

/* Its status is longer than a page. */
static int many_groups(void)
{
	gid_t groups[1000];
	int i;

	for (i = 0; i < 1000; i++)
		groups[i] = 1000000000 + i;
	EXPECT(!setgroups(1000, groups) && number_in("/proc/self/status") == getpid());
	return unexpected();
}

/* /proc/self is the container's, and what has no name can be opened again. */
static int opens_proc(void)
{
	char status[4096] = "", want[32], path[32];
	int pipefd[2], fd = open("/proc/self/status", O_RDONLY);

	EXPECT(fd >= 0 && read(fd, status, sizeof(status) - 1) > 0);
	snprintf(want, sizeof(want), "\nPid:\t%d\n", getpid());
	EXPECT(getpid() == 1 && strstr(status, want));
	EXPECT(open("/proc/thread-self/status", O_RDONLY) >= 0);
	EXPECT(!pipe(pipefd));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pipefd[0]);
	EXPECT(open(path, O_RDONLY | O_NONBLOCK) >= 0);
	fd = memfd_create("x", 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	EXPECT(open(path, O_RDWR) >= 0);
	fd = open("/tmp/allowed", O_RDONLY);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	EXPECT(reads(open(path, O_RDONLY), "allowed"));
	EXPECT(fails(open(path, O_RDWR), EROFS));
	return unexpected();
}

/* Nothing is reopened under "closed", nor under "starts" after an exec. */
static int reopens(void)
{
	int pipefd[2];
	char path[32];

	if (pipe(pipefd))
		return 98;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pipefd[0]);
	return open(path, O_RDONLY | O_NONBLOCK) < 0 ? errno : 0;
}

static int reopens_after_exec(void)
{
	pid_t pid = fork();

	if (!pid) {
		execl(self, self, "executed", NULL);
		_exit(97);
	}
	while (waitpid(pid, NULL, 0) < 0)
		;
	return reopens();
}

static int lengths(void)
{
	char *path = malloc(PATH_MAX + 1);

	memset(path, '/', PATH_MAX + 1);
	memcpy(path + PATH_MAX - 1 - 12, "/tmp/allowed", 12);
	path[PATH_MAX - 1] = 0;
	EXPECT(reads(open(path, O_RDONLY), "allowed"));		/* 4095 and the NUL */
	memset(path, '/', PATH_MAX);
	memcpy(path + PATH_MAX - 12, "/tmp/allowed", 12);
	path[PATH_MAX] = 0;
	EXPECT(fails(open(path, O_RDONLY), ENAMETOOLONG));
	memset(path, 'x', PATH_MAX - 1);
	path[PATH_MAX - 1] = 0;
	EXPECT(fails(open(path, O_RDONLY), ENAMETOOLONG));
	return unexpected();
}

/* A string may end at the end of what is mapped. */
static int edges(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const char name[] = "/tmp/allowed";

	munmap(page + 4096, 4096);
	memcpy(page + 4096 - sizeof(name), name, sizeof(name));
	EXPECT(reads(open(page + 4096 - sizeof(name), O_RDONLY), "allowed"));
	memcpy(page + 4096 - sizeof(name) + 1, name, sizeof(name) - 1);
	EXPECT(fails(open(page + 4096 - sizeof(name) + 1, O_RDONLY), EFAULT));
	return unexpected();
}

static int names(void)
{
	int dir = open("/tmp/dir", O_RDONLY | O_DIRECTORY);

	EXPECT(!mkdir("/tmp/dir/a", 0700) && !mkdirat(dir, "b/", 0700));
	EXPECT(fails(mkdir("/tmp/dir/no", 0700), EXDEV));
	EXPECT(fails(mkdir("/tmp/link-to-dir/no", 0700), EXDEV));
	EXPECT(fails(mkdir("/tmp/nothing/../link-to-dir/no", 0700), ENOENT));
	EXPECT(fails(mkdirat(dir, "no", 0700), EXDEV));
	EXPECT(fails(mkdir("/tmp/dir/a", 0700), EEXIST));
	EXPECT(fails(rmdir("/tmp/dir/a/."), EINVAL));
	EXPECT(!rename("/tmp/dir/a", "/tmp/dir/c"));
	EXPECT(fails(rename("/tmp/dir/c", "/tmp/dir/no"), EXDEV));
	EXPECT(fails(rename("/tmp/dir/no", (char *)8), EFAULT));
	EXPECT(fails(rename("/tmp/old/file", "/tmp/dir/f"), EACCES));
	EXPECT(fails(link("/tmp/old/file", "/tmp/dir/f"), EACCES));
	EXPECT(fails(rename("/tmp/old", "/tmp/dir/f"), EACCES));
	EXPECT(fails(syscall(SYS_renameat2, dir, "b", dir, "c", RENAME_NOREPLACE), EEXIST));
	EXPECT(!symlinkat("c", dir, "l") && !linkat(dir, "l", dir, "m", 0));
	EXPECT(!unlinkat(dir, "m", 0) && !unlink("/tmp/link-to-dir/l"));
	EXPECT(!syscall(SYS_symlink, "/tmp/race/a", "/tmp/dir/l"));
	EXPECT(!linkat(dir, "l", dir, "m", AT_SYMLINK_FOLLOW));
	EXPECT(fails(link("/tmp/dir/m", "/tmp/dir/no"), EXDEV));
	EXPECT(!unlink("/tmp/dir/l") && !unlink("/tmp/dir/m"));
	EXPECT(!rmdir("/tmp/dir/b") && !unlinkat(dir, "c", AT_REMOVEDIR));
	EXPECT(!mknod("/tmp/dir/fifo", S_IFIFO | 0600, 0) && !unlink("/tmp/dir/fifo"));
	EXPECT(fails(unlink("/tmp/dir/no"), EXDEV));
	EXPECT(!mkdir("/tmp/new/gone", 0700) && !rmdir("/tmp/old/gone"));
	return unexpected();
}

/* What is denied gets no other name, nor does a directory above it. */
static int guarded(void)
{
	EXPECT(!mkdir("/tmp/dir/up", 0700) && !mkdir("/tmp/dir/up/no", 0700));
	EXPECT(!mkdir("/tmp/dir/run", 0700) && !mkdir("/tmp/dir/upper", 0700));
	EXPECT(fails(rename("/tmp/dir/up/no", "/tmp/dir/x"), EXDEV));
	EXPECT(fails(rename("/tmp/dir/up", "/tmp/dir/x"), EXDEV));
	EXPECT(fails(rename("/tmp/dir/up/", "/tmp/dir/x/"), EXDEV));
	EXPECT(fails(rename("/tmp/dir/up/.", "/tmp/dir/x"), EXDEV));
	EXPECT(fails(rename("/tmp/dir/upper", "/tmp/dir/up"), EXDEV));
	EXPECT(fails(syscall(SYS_renameat2, AT_FDCWD, "dir/upper", AT_FDCWD, "dir/up",
			     RENAME_EXCHANGE), EXDEV));
	EXPECT(fails(link("/tmp/dir/up/no/x", "/tmp/dir/x"), EXDEV));
	EXPECT(fails(link("/tmp/allowed", "/tmp/dir/up/no/x"), EXDEV));
	EXPECT(fails(rename("/tmp/dir/run", "/tmp/dir/x"), ENOTTY));
	EXPECT(fails(rename("/tmp", "/x"), EXDEV));
	EXPECT(!rename("/tmp/dir/upper", "/tmp/dir/x") && !rmdir("/tmp/dir/x"));
	EXPECT(!rmdir("/tmp/dir/up/no") && !rmdir("/tmp/dir/up") && !rmdir("/tmp/dir/run"));
	return unexpected();
}

/* Where the rest is denied, nothing gets into what is allowed. */
static int filled(void)
{
	EXPECT(!mkdir("/tmp/dir/run", 0700) && !mkdir("/tmp/dir/pub", 0700));
	EXPECT(!mkdir("/tmp/dir/x", 0700) && !mkdir("/tmp/dir/pub/a", 0700));
	EXPECT(fails(rename("/tmp/dir/x", "/tmp/dir/run/sock"), EXDEV));
	EXPECT(fails(link("/tmp/allowed", "/tmp/dir/run/sock"), EXDEV));
	EXPECT(fails(rename("/tmp/dir/run/sock", "/tmp/dir/y"), EXDEV));
	EXPECT(fails(rename("/tmp/dir/run", "/tmp/dir/y"), EXDEV));
	EXPECT(fails(rename("/tmp/dir/x", "/tmp/dir/run"), EXDEV));
	EXPECT(fails(rename("/tmp/dir/x", "/tmp/dir/pub/x"), ENOTTY));
	EXPECT(fails(link("/tmp/allowed", "/tmp/dir/pub/x"), ENOTTY));
	EXPECT(fails(rename("/tmp/dir/pub/a", "/tmp/dir/y"), ENOTTY));
	EXPECT(fails(syscall(SYS_renameat2, AT_FDCWD, "dir/x", AT_FDCWD, "dir/pub/a",
			     RENAME_EXCHANGE), ENOTTY));
	EXPECT(fails(rename("/tmp/dir/x", "/tmp/dir/pub"), ENOTTY));
	EXPECT(fails(rename("/tmp/dir/x", "/tmp/dir/from"), EACCES));
	EXPECT(fails(rename("/tmp/dir/x", "/tmp/dir/to"), ENOTTY));
	EXPECT(!rename("/tmp/dir/pub/a", "/tmp/dir/pub/b"));
	EXPECT(!symlink("/tmp/allowed", "/tmp/dir/pub/l") && !unlink("/tmp/dir/pub/l"));
	EXPECT(!rename("/tmp/dir/x", "/tmp/dir/y") && !rmdir("/tmp/dir/y"));
	EXPECT(!rmdir("/tmp/dir/pub/b"));
	EXPECT(!rmdir("/tmp/dir/pub") && !rmdir("/tmp/dir/run"));
	return unexpected();
}

/* The same where it is denied because no rule allows it. */
static int filled_otherwise(void)
{
	EXPECT(!mkdir("/tmp/dir/pub", 0700) && !mkdir("/tmp/dir/pub/a", 0700));
	EXPECT(!mkdir("/tmp/dir/x", 0700));
	EXPECT(fails(rename("/tmp/dir/x", "/tmp/dir/pub/x"), EPERM));
	EXPECT(!rename("/tmp/dir/pub/a", "/tmp/dir/pub/b"));
	EXPECT(!rename("/tmp/dir/x", "/tmp/new/y") && !rmdir("/tmp/new/y"));
	EXPECT(!rmdir("/tmp/dir/pub/b") && !rmdir("/tmp/dir/pub"));
	return unexpected();
}

static int inodes(void)
{
	struct timespec times[2] = { { .tv_sec = 5 }, { .tv_sec = 7 } };
	int dir = open("/tmp/dir", O_RDONLY | O_DIRECTORY), fd;
	char text[64] = "";
	struct statx stx;
	struct statfs fs;
	struct stat st;

	fd = open("/tmp/dir/f", O_CREAT | O_RDWR, 0600);
	EXPECT(!symlink("f", "/tmp/dir/l"));
	EXPECT(!chmod("/tmp/dir/l", 0751) && !stat("/tmp/dir/f", &st) && st.st_mode == 0100751);
	EXPECT(!fchmodat(dir, "f", 0640, 0) && !fstat(fd, &st) && st.st_mode == 0100640);
	EXPECT(!syscall(452, dir, "l", 0604, 0) && !fstat(fd, &st) && st.st_mode == 0100604);
	EXPECT(!chown("/tmp/dir/l", 5, 6) && !stat("/tmp/dir/l", &st) && st.st_uid == 5);
	EXPECT(!lchown("/tmp/dir/l", 7, 8) && !lstat("/tmp/dir/l", &st) && st.st_uid == 7);
	EXPECT(!fchownat(fd, "", 9, 9, AT_EMPTY_PATH) && !fstat(fd, &st) && st.st_gid == 9);
	EXPECT(!utimensat(dir, "l", times, 0) && !fstat(fd, &st) && st.st_mtime == 7);
	times[1].tv_sec = 11;
	EXPECT(!futimens(fd, times) && !fstat(fd, &st) && st.st_mtime == 11);
	EXPECT(fails(chmod("/tmp/dir/no", 0), EXDEV) && fails(chown("/tmp/dir/no", 0, 0), EXDEV));
	EXPECT(fails(utimensat(dir, "no", NULL, 0), EXDEV) && fails(chdir("/tmp/dir/no"), EXDEV));
	EXPECT(!lstat("/tmp/dir/l", &st) && S_ISLNK(st.st_mode));
	EXPECT(!fstatat(dir, "", &st, AT_EMPTY_PATH) && S_ISDIR(st.st_mode));
	EXPECT(fails(stat("/tmp/secret", &st), EXDEV) && fails(access("link-to-secret", 0), EXDEV));
	EXPECT(!statx(dir, "l", 0, STATX_ALL, &stx) && S_ISREG(stx.stx_mode));
	EXPECT(!statfs("/tmp/dir/l", &fs) && !access("/tmp/dir/l", R_OK));
	EXPECT(!faccessat(dir, "l", R_OK, AT_EACCESS));
	EXPECT(readlink("/tmp/dir/l", text, sizeof(text)) == 1 && *text == 'f');
	EXPECT(readlink("/proc/self/exe", text, sizeof(text)) > 0);
	EXPECT(fails(stat("/tmp/dir/f/", &st), ENOTDIR) && !stat("/tmp/link-to-dir/", &st));
	EXPECT(!setxattr("/tmp/dir/l", "trusted.x", "value", 5, 0));
	EXPECT(getxattr("/tmp/dir/f", "trusted.x", text, sizeof(text)) == 5 &&
	       !memcmp(text, "value", 5));
	EXPECT(listxattr("/tmp/dir/f", text, sizeof(text)) == 10);
	EXPECT(!removexattr("/tmp/dir/l", "trusted.x"));
	EXPECT(fails(setxattr("/tmp/dir/no", "trusted.x", "", 0, 0), EXDEV));
	EXPECT(!chdir("/tmp/link-to-dir") && !unlink("l") && !unlink("f") && !chdir("/tmp"));
	return unexpected();
}

/*
 * Where "parents" are "fixed": of /tmp, a mount, but of nothing below, other than
 * what is mounted there, here /tmp/old, and what lies in it if that is read-only.
 */
static int fixed(void)
{
	EXPECT(!mkdir("/tmp/here", 0700) && !rmdir("/tmp/here"));
	EXPECT(fails(mkdir("/tmp/dir/here", 0700), EACCES));
	EXPECT(!mkdir("/tmp/old/here", 0700) && !rmdir("/tmp/old/here/"));
	EXPECT(reads(open("/tmp/dir/../new/file", O_RDONLY), "new"));
	return unexpected();
}

/* Calls that would follow a link at the end. */
static int fixed_end(void)
{
	EXPECT(!chdir("/") && !chdir("/tmp") && !chdir("/tmp/old/"));
	EXPECT(fails(chdir("/tmp/dir"), EACCES) && fails(chdir("/tmp/old/dir"), EACCES));
	EXPECT(fails(truncate("/tmp/allowed", 7), EACCES));
	EXPECT(fails(unix_does(connect, "/tmp/sock", false), EACCES));
	EXPECT(fails(unix_does(connect, "/tmp/old/sock", false), EACCES));
	return unexpected();
}

static int fixed_read_only(void)
{
	EXPECT(unix_does(connect, "/tmp/old/sock", false) >= 0 && !chdir("/tmp/old/dir"));
	EXPECT(fails(truncate("/tmp/old/dir/file", 0), EROFS));
	EXPECT(fails(truncate("/tmp/allowed", 7), EACCES));
	return unexpected();
}

static void run(const char *name, const char *calls, const char *profile, int (*body)(void),
		int want, bool new_pid)
{
	struct box box = { .calls = calls, .metadata = profile, .body = body,
			   .new_pid = new_pid };
	int status = box_run(&box);

	if (status != want)
		printf("# status %d, wanted %d\n", status, want);
	check(status == want, "%s", name);
}

/* On a mount with nosymfollow. */
static int no_links(void)
{
	struct stat st;

	EXPECT(fails(open("/tmp/old/link", O_RDONLY), ELOOP));
	EXPECT(fails(open("/tmp/old/up/allowed", O_RDONLY), ELOOP));
	EXPECT(fails(stat("/tmp/old/link", &st), ELOOP) && !lstat("/tmp/old/link", &st));
	EXPECT(!unlink("/tmp/old/link"));
	EXPECT(reads(open("/tmp/link", O_RDONLY), "allowed"));
	return unexpected();
}

static void test_no_links(void)
{
	if (mount("tmpfs", "/tmp/old", "tmpfs", MS_NOSYMFOLLOW, NULL) ||
	    symlink("/tmp/allowed", "/tmp/old/link") || symlink("/tmp", "/tmp/old/up"))
		err(1, "/tmp/old");
	run("where no links are followed", OPENS " newfstatat unlink", "closed", no_links, 0,
	    false);
	umount("/tmp/old");
}

static void test_fixed(void)
{
	int sock, below;

	if (mount("tmpfs", "/tmp/old", "tmpfs", 0, NULL) || mkdir("/tmp/old/dir", 0777))
		err(1, "/tmp/old");
	write_file("/tmp/old/dir/file", "x");
	sock = unix_does(bind, "/tmp/sock", false);
	below = unix_does(bind, "/tmp/old/sock", false);
	if (listen(sock, 5) || listen(below, 5))
		err(1, "listen");
	run("fixed parents", NAMES " " OPENS, "fixed", fixed, 0, false);
	run("... and the end", FOLLOWS, "fixed", fixed_end, 0, false);
	if (mount(NULL, "/tmp/old", NULL, MS_REMOUNT | MS_RDONLY, NULL))
		err(1, "remount");
	run("... in what is read-only", FOLLOWS, "fixed", fixed_read_only, 0, false);
	close(sock);
	close(below);
	unlink("/tmp/sock");
	umount("/tmp/old");
}

void test_paths(struct agent *agent)
{
	check(agent_start(agent, policy, NULL), "paths: start");
	run("opening", OPENS " unlink", "", opens, 0, false);
	check(log_has("\"asked\":\"/tmp/link-to-dir/../secret\"", "\"path\":\"/tmp/secret\"",
		      "\"errno\":\"EXDEV\"", "\"line\":3", NULL), "... what was denied is logged");
	check(log_has("\"asked\":\"old/file\"", "\"path\":\"/tmp/new/file\"",
		      "\"verdict\":\"inject\"", "\"ran\":\"openat2\"", NULL),
	      "... and what ran instead");
	run("reading, writing, both", OPENS, "access", accesses, 0, false);
	run("/proc in a pid namespace", OPENS, "", opens_proc, 0, true);
	run("/proc of an outer pid namespace", OPENS, "", opens_outer_proc, 0, true);
	run("a status of more than a page", OPENS, "", many_groups, 0, false);
	run("a name looked up without end", OPENS, "closed", deep, 0, false);
	run("not reopened once started", "openat execve", "starts", reopens_after_exec, EACCES,
	    false);
	run("reopened before", "openat execve", "starts", reopens, 0, false);
	run("not reopened, exec not trapped", "openat", "closed", reopens_after_exec, EACCES,
	    false);
	run("not reopened even before", "openat execve", "closed", reopens, EACCES, false);
	run("4095 bytes and a NUL, and 4096", OPENS, "", lengths, 0, false);
	run("the end of memory", OPENS, "", edges, 0, false);
	run("names", NAMES, "", names, 0, false);
	run("no other name for what is denied", NAMES, "guarded", guarded, 0, false);
	check(log_has("\"call\":\"rename", "\"errno\":\"ENOTTY\"", "\"line\":", NULL),
	      "... logged with the rule that denies it");
	run("nothing gets into what is allowed", NAMES, "filled", filled, 0, false);
	run("... where all else is denied", "rename renameat renameat2", "rest",
	    filled_otherwise, 0, false);
	run("inodes", INODES, "", inodes, 0, false);
	test_no_links();
	test_fixed();
	check(log_is_sound(), "the log is sound");
	check(agent_end(agent, SIGTERM) == 0, "paths: end");
}
