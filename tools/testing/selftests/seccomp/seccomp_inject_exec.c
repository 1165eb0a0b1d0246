// SPDX-License-Identifier: GPL-2.0
/*
 * Substituted execve() and execveat().
 *
 * What is executed is either this program under another name, which main()
 * recognizes, or a few instructions in an ELF file made here.
 */
#include "seccomp_inject_buf.h"

#include <dirent.h>
#include <elf.h>
#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <time.h>

#include "../kselftest_harness.h"

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif

#define CHILD "exec_child."	/* ... and what it shall do */
#define OUT_FD 101		/* where new programs write */
#define RETURNED 99		/* exit status after a call that returned */
#define NOBODY 65534
#define MAX_TRAPS 32

static struct inject_buf buf;

/*
 * The programs that are executed
 */

/* What a new program tells of itself, before its argv and its envp. */
struct told {
	int argc;
	int envc;
	pid_t pid;
	uid_t euid;
};

static void tell(const void *data, size_t len)
{
	if (write(OUT_FD, data, len) != (ssize_t)len)
		_exit(97);
}

static int child_tell(int argc, char **argv, char **envp)
{
	struct told told = {
		.argc = argc, .pid = getpid(), .euid = geteuid(),
	};

	while (envp[told.envc])
		told.envc++;
	tell(&told, sizeof(told));
	while (*argv) {
		tell(*argv, strlen(*argv) + 1);
		argv++;
	}
	while (*envp) {
		tell(*envp, strlen(*envp) + 1);
		envp++;
	}
	return 0;
}

/* Trap until the answer is not 0. */
static int child_trap(int argc, char **argv, char **envp)
{
	long ret;

	do
		ret = syscall(__NR_getppid);
	while (!ret);
	return ret;
}

static int child_main(const char *what, int argc, char **argv, char **envp)
{
	if (!strcmp(what, "tell"))
		return child_tell(argc, argv, envp);
	if (!strcmp(what, "trap"))
		return child_trap(argc, argv, envp);
	return 96;
}

#ifdef __x86_64__
/*
 * exit(0); tell the registers, trap with a value in each argument, and exit
 * with what that returns. The status is the byte after the first opcode.
 */
asm(".pushsection .rodata\n"
	"code_exit:\n"
	"	mov $0, %edi\n"
	"	mov $60, %eax\n"
	"	syscall\n"
	"code_exit_end:\n"
	"code_regs:\n"
	"	push %r15; push %r14; push %r13; push %r12; push %r11; push %r10\n"
	"	push %r9; push %r8; push %rbp; push %rdi; push %rsi; push %rdx\n"
	"	push %rcx; push %rbx; push %rax\n"
	"	mov $101, %edi\n"
	"	mov %rsp, %rsi\n"
	"	mov $120, %edx\n"
	"	mov $1, %eax\n"
	"	syscall\n"
	"	movabs $0x0101010101010101, %rdi\n"
	"	movabs $0x0202020202020202, %rsi\n"
	"	movabs $0x0303030303030303, %rdx\n"
	"	movabs $0x0404040404040404, %r10\n"
	"	movabs $0x0505050505050505, %r8\n"
	"	movabs $0x0606060606060606, %r9\n"
	"	mov $110, %eax\n"
	"	syscall\n"
	"	mov %eax, %edi\n"
	"	mov $60, %eax\n"
	"	syscall\n"
	"code_regs_end:\n"
	".popsection");

extern const char code_exit[], code_exit_end[], code_regs[], code_regs_end[];

#define REGS 15

struct tiny {
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr;
	char code[256];
};

/* An ELF file of @len bytes of code; the caller may spoil it. */
static void tiny_make(struct tiny *t, const char *code, size_t len)
{
	const unsigned long base = 0x400000;

	memset(t, 0, sizeof(*t));
	memcpy(t->ehdr.e_ident, ELFMAG, SELFMAG);
	t->ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	t->ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	t->ehdr.e_ident[EI_VERSION] = EV_CURRENT;
	t->ehdr.e_type = ET_EXEC;
	t->ehdr.e_machine = EM_X86_64;
	t->ehdr.e_version = EV_CURRENT;
	t->ehdr.e_entry = base + offsetof(struct tiny, code);
	t->ehdr.e_phoff = offsetof(struct tiny, phdr);
	t->ehdr.e_ehsize = sizeof(t->ehdr);
	t->ehdr.e_phentsize = sizeof(t->phdr);
	t->ehdr.e_phnum = 1;
	t->phdr.p_type = PT_LOAD;
	t->phdr.p_flags = PF_R | PF_X;
	t->phdr.p_vaddr = base;
	t->phdr.p_filesz = sizeof(*t);
	t->phdr.p_memsz = sizeof(*t);
	t->phdr.p_align = 4096;
	memcpy(t->code, code, len);
}

static void tiny_make_exit(struct tiny *t, int status)
{
	tiny_make(t, code_exit, code_exit_end - code_exit);
	t->code[1] = status;
}
#endif

/*
 * Files
 */

static char dir[] = "/tmp/inject_exec.XXXXXX";

/* Path of a file in our directory; the last few are remembered. */
static char *path_of(const char *name)
{
	static char paths[8][64];
	static unsigned int i;
	char *path = paths[i++ % ARRAY_COUNT(paths)];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static char *file_make(const char *name, const void *data, size_t len, int mode)
{
	char *path = path_of(name);
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len || fchmod(fd, mode))
		abort();
	close(fd);
	return path;
}

/* A copy of this program that does @what. */
static char *child_make(const char *what, int mode)
{
	char name[32], *path;
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat st;
	int to;

	snprintf(name, sizeof(name), CHILD "%s", what);
	path = file_make(name, "", 0, mode);
	to = open(path, O_WRONLY | O_CLOEXEC);
	if (fstat(from, &st) || sendfile(to, from, NULL, st.st_size) != st.st_size)
		abort();
	close(from);
	close(to);
	return path;
}

static void dir_remove(void)
{
	struct dirent *entry;
	DIR *d = opendir(dir);

	while (d && (entry = readdir(d)))
		unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
	rmdir(dir);
}

/*
 * The target
 */

/**
 * struct shared - what target and supervisor both see
 * @prepare: run before the first trap
 * @nr: the call that traps
 * @count: how often
 * @ret: what the calls returned
 * @after: the argument registers after them
 * @children: how many children it has waited for
 * @status: wait status of the last one
 * @stop: make no more
 * @clone_flags: how they are made
 * @path: a path that somebody rewrites
 */
struct shared {
	int (*prepare)(void);
	int nr;
	int count;
	long ret[MAX_TRAPS];
	unsigned long after[MAX_TRAPS][6];
	int children;
	int status;
	int stop;
	int clone_flags;
	__u64 path[8];
};

static const unsigned long distinct[6] = {
	0x1111111100000001, 0x2222222200000002, 0x3333333300000003,
	0x4444444400000004, 0x5555555500000005, 0x6666666600000006,
};

static int trap_target(void *arg)
{
	struct shared *s = arg;
	int i;

	if (s->prepare && s->prepare())
		return 98;
	for (i = 0; i < s->count; i++) {
#ifdef HAVE_RAW_CALL
		s->ret[i] = raw_call(s->nr, distinct, s->after[i]);
#else
		s->ret[i] = syscall(s->nr, distinct[0], distinct[1], distinct[2],
				    distinct[3], distinct[4], distinct[5]);
		if (s->ret[i] < 0)
			s->ret[i] = -errno;
		memcpy(s->after[i], distinct, sizeof(distinct));
#endif
	}
	return RETURNED;
}

FIXTURE(exec) {
	struct shared *s;
	struct target t;
	struct seccomp_notif notif;
	struct seccomp_notif_inject inj;
};

FIXTURE_SETUP(exec)
{
	REQUIRE_INJECT();
	ASSERT_NE(NULL, mkdtemp(dir));
	ASSERT_EQ(0, chmod(dir, 0755));
	ASSERT_EQ(OUT_FD, dup2(memfd_create("out", MFD_CLOEXEC), OUT_FD));
	self->s = mmap(NULL, sizeof(*self->s), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->s);
	self->s->nr = __NR_getppid;
	self->s->count = 1;
	buf_start(&buf, 8);
}

FIXTURE_TEARDOWN(exec)
{
	dir_remove();
}

/* Start the target; it now waits in its first trap. */
static int start(FIXTURE_DATA(exec) *self)
{
	return target_start(&self->t, &self->s->nr, 1, INJECT_LISTENER,
			    trap_target, self->s) ||
	       notif_recv(self->t.listener, &self->notif);
}

/* Let it execute @path, as prepared in self->inj. Returns 0 or -1 and errno. */
static int inject(FIXTURE_DATA(exec) *self)
{
	return notif_inject(self->t.listener, self->notif.id, &self->inj);
}

/* Did it find argument registers and number as it left them? */
static bool registers_back(const struct shared *s, int trap)
{
	return !memcmp(s->after[trap], distinct, sizeof(distinct));
}

/* Compare the strings of a vector with what was told, and go on after them. */
static bool same_strings(const char **told, const char *end, char *const *v)
{
	for (; v && *v; v++) {
		size_t len = strlen(*v) + 1;

		if (len > (size_t)(end - *told) || memcmp(*told, *v, len))
			return false;
		*told += len;
	}
	return true;
}

/* Has a program told that these are all of its arguments and environment? */
static bool told_was(struct told *told, char *const *argv, char *const *envp)
{
	static char out[2 * SECCOMP_NOTIF_INJECT_BUF_MAX];
	ssize_t len = pread(OUT_FD, out, sizeof(out), 0);
	const char *p = out + sizeof(*told), *end = out + len;
	int argc = 0, envc = 0;

	if (len < (ssize_t)sizeof(*told))
		return false;
	memcpy(told, out, sizeof(*told));
	while (argv[argc])
		argc++;
	while (envp && envp[envc])
		envc++;
	if (ftruncate(OUT_FD, 0) || lseek(OUT_FD, 0, SEEK_SET))
		return false;
	return told->argc == argc && told->envc == envc &&
	       same_strings(&p, end, argv) && same_strings(&p, end, envp) &&
	       p == end;
}

/*
 * Arguments and environment
 */

/* @count strings of @len bytes each, all different where @len allows it. */
static char **vector_make(int count, int len, char tag)
{
	char **v = calloc(count + 1, sizeof(*v));
	int i, j;

	for (i = 0; i < count; i++) {
		v[i] = calloc(len + 1, 1);
		for (j = 0; j < len; j++)
			v[i][j] = j ? 'a' + (i >> (4 * (j - 1) % 28)) % 16 : tag;
	}
	return v;
}

static const struct {
	const char *what;
	/* Number of strings, -1 for a NULL vector, and their length. */
	int argc, arg_len;
	int envc, env_len;
} vectors[] = {
	{ "one argument", 1, 9, 0, 0 },
	{ "some of both", 3, 5, 2, 7 },
	{ "many of both", 4000, 3, 2000, 4 },
	{ "100 KiB of them", 60, 1023, 40, 1023 },
	{ "one of 100 KiB", 1, 100 * 1024 - 1, 0, 0 },
	{ "empty strings", 5, 0, 3, 0 },
	{ "empty vectors", 0, 0, 0, 0 },
	{ "no argv", -1, 0, 2, 3 },
	{ "no envp", 2, 3, -1, 0 },
	{ "neither", -1, 0, -1, 0 },
};

FIXTURE_VARIANT(exec) {
	bool at;
};

FIXTURE_VARIANT_ADD(exec, execve) {
};

FIXTURE_VARIANT_ADD(exec, execveat) {
	.at = true,
};

/* Prepare self->inj for either call. */
static void put_exec(FIXTURE_DATA(exec) *self, bool at, const char *path,
		     char *const *argv, char *const *envp)
{
	if (at)
		buf_execveat(&buf, &self->inj, AT_FDCWD, path, argv, envp, 0);
	else
		buf_execve(&buf, &self->inj, path, argv, envp);
}

/* The new program gets what the supervisor gave, with no vector an empty one. */
TEST_F(exec, vectors)
{
	char *const nothing[] = { "", NULL };
	char *path = child_make("tell", 0755);
	char **argv, **envp;
	struct told told;
	size_t i;

	for (i = 0; i < ARRAY_COUNT(vectors); i++) {
		argv = vectors[i].argc < 0 ? NULL :
			vector_make(vectors[i].argc, vectors[i].arg_len, 'A');
		envp = vectors[i].envc < 0 ? NULL :
			vector_make(vectors[i].envc, vectors[i].env_len, 'E');
		ASSERT_EQ(0, start(self));
		buf_start(&buf, 1 + i % 8);
		put_exec(self, variant->at, path, argv, envp);
		ASSERT_EQ(0, inject(self)) {
			TH_LOG("%s", vectors[i].what);
		}
		EXPECT_EQ(0, target_wait(&self->t));
		EXPECT_TRUE(told_was(&told, vectors[i].argc > 0 ? argv : nothing,
				     envp)) {
			TH_LOG("%s", vectors[i].what);
		}
		EXPECT_EQ(self->t.pid, told.pid);
	}
}

/*
 * Where it fails
 */

static char long_name[5000];

/* A file to make first, unless it is NULL, and the path to execute. */
static const struct {
	const char *path;
	int error;
	const char *file;
	const char *contents;
	int mode;
	bool keep_open;
} failures[] = {
	{ "nothing", ENOENT },
	{ "", ENOENT },
	{ ".", EACCES },
	{ long_name, ENAMETOOLONG },
	{ "plain", EACCES, "plain", "echo", 0644 },
	{ "text", ENOEXEC, "text", "echo", 0755 },
	{ "text/below", ENOTDIR, "text", "echo", 0755 },
	{ "elf", ENOEXEC, "elf", ELFMAG, 0755 },
	{ "busy", ETXTBSY, "busy", "echo", 0755, true },
	{ "endless", ELOOP, "endless", "#!endless\n", 0755 },
	{ "lost", ENOENT, "lost", "#!/no/such/program\n", 0755 },
#ifdef __x86_64__
	{ "object", ENOEXEC },
#endif
};

/* The caller goes on as if the call that it made had failed. */
TEST_F(exec, fails)
{
	char *argv[] = { "x", "y", NULL };
	size_t i;

#ifdef __x86_64__
	struct tiny object;

	tiny_make_exit(&object, 0);
	object.ehdr.e_type = ET_REL;
	file_make("object", &object, sizeof(object), 0755);
#endif
	memset(long_name, 'n', sizeof(long_name) - 1);
	ASSERT_EQ(0, chdir(dir));
	self->s->count = MAX_TRAPS;
	ASSERT_EQ(0, start(self));
	for (i = 0; i < ARRAY_COUNT(failures); i++) {
		if (failures[i].file)
			file_make(failures[i].file, failures[i].contents,
				  strlen(failures[i].contents), failures[i].mode);
		if (failures[i].keep_open)
			ASSERT_LE(0, open(failures[i].file, O_WRONLY));
		buf_start(&buf, 8);
		put_exec(self, variant->at, failures[i].path, argv, argv);
		ASSERT_EQ(0, inject(self));
		ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
		EXPECT_EQ(-failures[i].error, self->s->ret[i])
			TH_LOG("%s", failures[i].path);
		EXPECT_TRUE(registers_back(self->s, i));
		EXPECT_EQ(__NR_getppid, self->notif.data.nr);
	}
	EXPECT_EQ(1, inject_mappings(self->t.pid));
	kill(self->t.pid, SIGKILL);
	target_wait(&self->t);
}

/* A table of the same long string again and again: too much, but not for us. */
TEST_F(exec, too_much)
{
	char *path = child_make("tell", 0755);
	char **longest = vector_make(1, 100 * 1024, 'L');
	__u64 table[1000 + 1], string;
	int i;

	ASSERT_EQ(0, start(self));
	put_exec(self, variant->at, path, NULL, NULL);
	string = buf_string(&buf, longest[0]);
	for (i = 0; i < 1000; i++)
		table[i] = string;
	table[i] = 0;
	i = variant->at ? 2 : 1;
	self->inj.args[i] = buf_put(&buf, table, sizeof(table));
	self->inj.args_in_buf_mask |= 1 << i;
	buf_attach(&buf, &self->inj);
	ASSERT_EQ(0, inject(self));
	EXPECT_EQ(RETURNED, target_wait(&self->t));
	EXPECT_EQ(-E2BIG, self->s->ret[0]);
	EXPECT_TRUE(registers_back(self->s, 0));
}

/* What only execveat() takes. */
TEST_F(exec, bad_at)
{
	char *path = child_make("tell", 0755);
	int null = open("/dev/null", O_RDONLY);

	self->s->count = 4;
	ASSERT_EQ(0, start(self));
	buf_execveat(&buf, &self->inj, null, "", NULL, NULL, 0);
	ASSERT_EQ(0, inject(self));
	ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
	buf_execveat(&buf, &self->inj, 999, "relative", NULL, NULL, 0);
	ASSERT_EQ(0, inject(self));
	ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
	buf_execveat(&buf, &self->inj, AT_FDCWD, path, NULL, NULL, 1 << 30);
	ASSERT_EQ(0, inject(self));
	ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));

	/* An empty path is a string, never NULL. */
	buf_execveat(&buf, &self->inj, null, "", NULL, NULL, AT_EMPTY_PATH);
	self->inj.args_in_buf_mask &= ~(1 << 1);
	self->inj.args[1] = 0;
	EXPECT_EQ(-1, inject(self));
	EXPECT_EQ(EINVAL, errno);
	self->inj.args[1] = 8;
	EXPECT_EQ(-1, inject(self));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, notif_send(self->t.listener, self->notif.id, 0, 5, 0));
	EXPECT_EQ(RETURNED, target_wait(&self->t));
	EXPECT_EQ(-ENOENT, self->s->ret[0]);
	EXPECT_EQ(-EBADF, self->s->ret[1]);
	EXPECT_EQ(-EINVAL, self->s->ret[2]);
	EXPECT_EQ(5, self->s->ret[3]);
}

/*
 * Which file
 */

/* The descriptor is the target's; so is the directory. */
TEST_F(exec, by_descriptor)
{
	char *argv[] = { "by", "descriptor", NULL }, *envp[] = { "E=1", NULL };
	char *path = child_make("tell", 0755);
	struct told told;
	int fd, dirfd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	dirfd = open(dir, O_PATH);
	ASSERT_LE(0, fd);

	ASSERT_EQ(0, start(self));
	buf_execveat(&buf, &self->inj, fd, "", argv, envp, AT_EMPTY_PATH);
	ASSERT_EQ(0, inject(self));
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_TRUE(told_was(&told, argv, envp));

	ASSERT_EQ(0, start(self));
	buf_execveat(&buf, &self->inj, dirfd, CHILD "tell", argv, envp, 0);
	ASSERT_EQ(0, inject(self));
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_TRUE(told_was(&told, argv, envp));
}

static char *script_make(const char *interpreter)
{
	char line[128];

	snprintf(line, sizeof(line), "#! %s one word\n", interpreter);
	return file_make("script", line, strlen(line), 0755);
}

/* The interpreter gets the script's path, its own argument, and argv from 1. */
TEST_F(exec, script)
{
	char *argv[] = { "lost", "a", "", "b", NULL }, *envp[] = { "E", NULL };
	char *path = child_make("tell", 0755);
	char *script = script_make(path);
	char *expected[] = { path, "one word", script, "a", "", "b", NULL };
	struct told told;

	ASSERT_EQ(0, start(self));
	put_exec(self, variant->at, script, argv, envp);
	ASSERT_EQ(0, inject(self));
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_TRUE(told_was(&told, expected, envp));

	/* Without an argv there is an empty argv[0] to be lost. */
	ASSERT_EQ(0, start(self));
	expected[3] = NULL;
	put_exec(self, variant->at, script, NULL, envp);
	ASSERT_EQ(0, inject(self));
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_TRUE(told_was(&told, expected, envp));
}

/* By descriptor the path is /dev/fd/N, if N stays open. */
TEST_F(exec, script_by_descriptor)
{
	char *argv[] = { "lost", "a", NULL }, dev_fd[32];
	char *path = child_make("tell", 0755);
	char *script = script_make(path);
	char *expected[] = { path, "one word", dev_fd, "a", NULL };
	struct told told;
	int fd = open(script, O_RDONLY);

	snprintf(dev_fd, sizeof(dev_fd), "/dev/fd/%d", fd);
	ASSERT_EQ(0, start(self));
	buf_execveat(&buf, &self->inj, fd, "", argv, NULL, AT_EMPTY_PATH);
	ASSERT_EQ(0, inject(self));
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_TRUE(told_was(&told, expected, NULL));

	ASSERT_EQ(0, fcntl(fd, F_SETFD, FD_CLOEXEC));
	ASSERT_EQ(0, start(self));
	ASSERT_EQ(0, inject(self));
	EXPECT_EQ(RETURNED, target_wait(&self->t));
	EXPECT_EQ(-ENOENT, self->s->ret[0]);
	EXPECT_TRUE(registers_back(self->s, 0));
}

static int become_nobody(void)
{
	return setresgid(NOBODY, NOBODY, NOBODY) ||
	       setresuid(NOBODY, NOBODY, NOBODY);
}

/* A set-user-ID file gives nothing to who has no_new_privs. */
TEST_F(exec, set_user_id)
{
	char *argv[] = { "x", NULL }, *path;
	struct told told;
	int status;
	pid_t pid;

	if (geteuid())
		SKIP(return, "needs root for a set-user-ID file");
	path = child_make("tell", 04755);

	/* It does without. */
	pid = fork();
	if (!pid) {
		if (!become_nobody())
			execve(path, argv, NULL);
		_exit(1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(told_was(&told, argv, NULL));
	ASSERT_EQ(0, told.euid);

	self->s->prepare = become_nobody;
	ASSERT_EQ(0, start(self));
	put_exec(self, variant->at, path, argv, NULL);
	ASSERT_EQ(0, inject(self));
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_TRUE(told_was(&told, argv, NULL));
	EXPECT_EQ(NOBODY, told.euid);
}

/* Becomes what it was told to, whatever it was; and back: execve, openat. */
TEST_F(exec, another_call)
{
	char path[] = "/dev/null";
	struct seccomp_notif_inject open_null = {
		.nr = __NR_openat,
		.args = { AT_FDCWD, 0, O_RDONLY },
		.buf = PTR(path),
		.buf_size = sizeof(path),
		.args_in_buf_mask = 1 << 1,
	};

	self->s->nr = variant->at ? __NR_execveat : __NR_execve;
	ASSERT_EQ(0, start(self));
	EXPECT_EQ(self->s->nr, self->notif.data.nr);
	EXPECT_EQ(0, memcmp(distinct, self->notif.data.args, sizeof(distinct)));
	ASSERT_EQ(0, notif_inject(self->t.listener, self->notif.id, &open_null));
	EXPECT_EQ(RETURNED, target_wait(&self->t));
	EXPECT_LE(0, self->s->ret[0]);
	EXPECT_TRUE(registers_back(self->s, 0));
}

/*
 * Filters
 */

static int exec_numbers[] = { __NR_execve, __NR_execveat };

static int deny_exec(void)
{
	return filter_install(exec_numbers, 2, SECCOMP_RET_ERRNO | 77, 0);
}

static int allow_exec(void)
{
	return filter_install(exec_numbers, 2, SECCOMP_RET_LOG, 0);
}

static int kill_exec(void)
{
	return filter_install(exec_numbers, 2, SECCOMP_RET_KILL_PROCESS, 0);
}

TEST_F(exec, filter_denies)
{
	self->s->prepare = deny_exec;
	ASSERT_EQ(0, start(self));
	put_exec(self, variant->at, child_make("tell", 0755), NULL, NULL);
	ASSERT_EQ(0, inject(self));
	EXPECT_EQ(RETURNED, target_wait(&self->t));
	EXPECT_EQ(-77, self->s->ret[0]);
	EXPECT_TRUE(registers_back(self->s, 0));
}

TEST_F(exec, filter_allows)
{
	char *argv[] = { "x", NULL };
	struct told told;

	self->s->prepare = allow_exec;
	ASSERT_EQ(0, start(self));
	put_exec(self, variant->at, child_make("tell", 0755), argv, NULL);
	ASSERT_EQ(0, inject(self));
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_TRUE(told_was(&told, argv, NULL));
}

/* The listener's own filter traps exec too: its answer is its approval. */
TEST_F(exec, filter_approved)
{
	char *argv[] = { "x", NULL };
	int nrs[] = { __NR_getppid, __NR_execve, __NR_execveat };
	struct told told;

	ASSERT_EQ(0, target_start(&self->t, nrs, 3, INJECT_LISTENER, trap_target,
				  self->s));
	ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
	put_exec(self, variant->at, child_make("tell", 0755), argv, NULL);
	ASSERT_EQ(0, inject(self));
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_TRUE(told_was(&told, argv, NULL));
}

#ifdef __x86_64__
/* What a tracer sees of a register file that holds the trapped call. */
static bool shows_trapped(const struct user_regs_struct *regs, int nr)
{
	const unsigned long args[6] = {
		regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8, regs->r9,
	};

	return (int)regs->orig_rax == nr && !memcmp(args, distinct, sizeof(args));
}

/* Who looks when it dies sees the call that it made. */
TEST_F(exec, filter_kills)
{
	struct user_regs_struct regs = {};
	int status;

	self->s->prepare = kill_exec;
	ASSERT_EQ(0, start(self));
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, self->t.pid, 0, PTRACE_O_TRACEEXIT));
	put_exec(self, variant->at, child_make("tell", 0755), NULL, NULL);
	ASSERT_EQ(0, inject(self));
	ASSERT_EQ(self->t.pid, waitpid(self->t.pid, &status, __WALL));
	ASSERT_EQ(SIGTRAP | PTRACE_EVENT_EXIT << 8, status >> 8);
	EXPECT_EQ(0, ptrace(PTRACE_GETREGS, self->t.pid, 0, &regs));
	EXPECT_TRUE(shows_trapped(&regs, __NR_getppid));
	EXPECT_EQ(0, ptrace(PTRACE_CONT, self->t.pid, 0, 0));
	EXPECT_EQ(256 + SIGSYS, target_wait(&self->t));
	EXPECT_EQ(0, self->s->ret[0]);
}
#endif

/*
 * Tracers
 */

static int trace_me(void)
{
	return ptrace(PTRACE_TRACEME, 0, 0, 0) || raise(SIGSTOP);
}

#ifdef __x86_64__
/* Resume until the next stop. Returns what kind it is, as waitpid() has it. */
static int next_stop(pid_t pid, int request)
{
	int status;

	if (ptrace(request, pid, 0, 0) || waitpid(pid, &status, __WALL) != pid ||
	    !WIFSTOPPED(status))
		return -1;
	return status >> 8;
}

/* Start a traced target and stop where it enters the call that will trap. */
static int start_traced(FIXTURE_DATA(exec) *self)
{
	struct user_regs_struct regs = {};
	pid_t pid;
	int status;

	self->s->prepare = trace_me;
	if (target_start(&self->t, &self->s->nr, 1, INJECT_LISTENER, trap_target,
			 self->s))
		return -1;
	pid = self->t.pid;
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC))
		return -1;
	while (regs.orig_rax != __NR_getppid)
		if (next_stop(pid, PTRACE_SYSCALL) != (SIGTRAP | 0x80) ||
		    ptrace(PTRACE_GETREGS, pid, 0, &regs))
			return -1;
	return 0;
}

/* At the exit stop of a call that failed everything is back, the number too. */
TEST_F(exec, tracer_sees_failure)
{
	struct user_regs_struct regs = {};
	int status;

	ASSERT_EQ(0, start_traced(self));
	ASSERT_EQ(0, ptrace(PTRACE_SYSCALL, self->t.pid, 0, 0));
	ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
	put_exec(self, variant->at, "/no/such/program", NULL, NULL);
	ASSERT_EQ(0, inject(self));
	ASSERT_EQ(self->t.pid, waitpid(self->t.pid, &status, __WALL));
	ASSERT_EQ(SIGTRAP | 0x80, status >> 8);
	EXPECT_EQ(0, ptrace(PTRACE_GETREGS, self->t.pid, 0, &regs));
	EXPECT_TRUE(shows_trapped(&regs, __NR_getppid));
	EXPECT_EQ(-ENOENT, (long)regs.rax);
	EXPECT_EQ(0, ptrace(PTRACE_CONT, self->t.pid, 0, 0));
	EXPECT_EQ(RETURNED, target_wait(&self->t));
}

/*
 * From the stop for an exec on: registers at the exit stop of that call. What
 * its number is there differs between architectures.
 */
static bool follow(pid_t pid, struct user_regs_struct *regs)
{
	unsigned long old_pid = 0;

	return !ptrace(PTRACE_GETEVENTMSG, pid, 0, &old_pid) &&
	       (pid_t)old_pid == pid &&
	       next_stop(pid, PTRACE_SYSCALL) == (SIGTRAP | 0x80) &&
	       !ptrace(PTRACE_GETREGS, pid, 0, regs) &&
	       !ptrace(PTRACE_CONT, pid, 0, 0);
}

/* The same for a child whose call nobody substitutes. */
static bool follow_plain(bool at, const char *path, char *const *argv,
			 struct user_regs_struct *regs)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		trace_me();
		if (at)
			syscall(__NR_execveat, AT_FDCWD, path, argv, NULL, 0);
		else
			syscall(__NR_execve, path, argv, NULL);
		_exit(1);
	}
	return waitpid(pid, &status, 0) == pid &&
	       !ptrace(PTRACE_SETOPTIONS, pid, 0,
		       PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC) &&
	       next_stop(pid, PTRACE_CONT) == (SIGTRAP | PTRACE_EVENT_EXEC << 8) &&
	       follow(pid, regs) && waitpid(pid, &status, 0) == pid && !status;
}

/* It follows an exec, and at its exit stop nothing of the old call is there. */
TEST_F(exec, tracer_follows)
{
	struct user_regs_struct plain = {}, regs = {};
	char *argv[] = { "x", NULL }, *path = child_make("tell", 0755);
	struct told told;
	int status;

	ASSERT_TRUE(follow_plain(variant->at, path, argv, &plain));
	EXPECT_TRUE(told_was(&told, argv, NULL));

	ASSERT_EQ(0, start_traced(self));
	ASSERT_EQ(0, ptrace(PTRACE_SYSCALL, self->t.pid, 0, 0));
	ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
	put_exec(self, variant->at, path, argv, NULL);
	ASSERT_EQ(0, inject(self));
	ASSERT_EQ(self->t.pid, waitpid(self->t.pid, &status, __WALL));
	ASSERT_EQ(SIGTRAP | PTRACE_EVENT_EXEC << 8, status >> 8);
	ASSERT_TRUE(follow(self->t.pid, &regs));
	EXPECT_EQ(0, target_wait(&self->t));
	EXPECT_TRUE(told_was(&told, argv, NULL));

	EXPECT_EQ(plain.orig_rax, regs.orig_rax);
	EXPECT_EQ(0, regs.rax);
	EXPECT_EQ(0, regs.rdi);
	EXPECT_EQ(0, regs.rsi);
	EXPECT_EQ(0, regs.rdx);
	EXPECT_EQ(0, regs.r10);
	EXPECT_EQ(0, regs.r8);
	EXPECT_EQ(0, regs.r9);
}

/*
 * The new program
 */

/* Registers that a program told, as it began. */
static bool told_registers(unsigned long *regs)
{
	return pread(OUT_FD, regs, REGS * sizeof(*regs), 0) ==
		REGS * sizeof(*regs) &&
	       !ftruncate(OUT_FD, 0) && !lseek(OUT_FD, 0, SEEK_SET);
}

/*
 * It begins as it would have without us, and its own calls are its own: their
 * arguments are there for the listener, and they can be substituted.
 */
TEST_F(exec, begins)
{
	unsigned long plain[REGS], regs[REGS];
	char good[] = "/", *path;
	struct seccomp_notif_inject change_dir = {
		.nr = __NR_chdir,
		.buf = PTR(good),
		.buf_size = sizeof(good),
		.args_in_buf_mask = 1 << 0,
	};
	struct tiny tiny;
	int status, i;
	pid_t pid;

	tiny_make(&tiny, code_regs, code_regs_end - code_regs);
	path = file_make("regs", &tiny, sizeof(tiny), 0755);
	pid = fork();
	if (!pid) {
		syscall(__NR_execve, path, NULL, NULL);
		_exit(1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(told_registers(plain));

	ASSERT_EQ(0, start(self));
	put_exec(self, variant->at, path, NULL, NULL);
	ASSERT_EQ(0, inject(self));
	ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
	ASSERT_TRUE(told_registers(regs));
	for (i = 0; i < REGS; i++)
		EXPECT_EQ(plain[i], regs[i])
			TH_LOG("register %d", i);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(0x0101010101010101 * (i + 1),
			  self->notif.data.args[i]);
	EXPECT_EQ(0, inject_mappings(self->t.pid));
	ASSERT_EQ(0, notif_inject(self->t.listener, self->notif.id, &change_dir));
	EXPECT_EQ(0, target_wait(&self->t));
}

/* From program to program; each has its own areas, and few of them. */
TEST_F_TIMEOUT(exec, chain, 120)
{
	struct tiny tiny;
	char *path;
	int i;

	tiny_make(&tiny, code_regs, code_regs_end - code_regs);
	path = file_make("regs", &tiny, sizeof(tiny), 0755);
	ASSERT_EQ(0, start(self));
	put_exec(self, variant->at, path, NULL, NULL);
	for (i = 0; i < 400; i++) {
		ASSERT_EQ(0, inject(self));
		ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
		ASSERT_EQ(0, inject_mappings(self->t.pid));
		ASSERT_EQ(0x0606060606060606, self->notif.data.args[5]);
	}
	ASSERT_EQ(0, notif_send(self->t.listener, self->notif.id, 0, 33, 0));
	EXPECT_EQ(33, target_wait(&self->t));
}

/* Fails when there is no way back: the target dies of it, and not of us. */
TEST_F(exec, dies)
{
	struct tiny tiny;

	tiny_make_exit(&tiny, 0);
	tiny.phdr.p_filesz = tiny.phdr.p_memsz + 1;
	ASSERT_EQ(0, start(self));
	put_exec(self, variant->at, file_make("bad", &tiny, sizeof(tiny), 0755),
		 NULL, NULL);
	ASSERT_EQ(0, inject(self));
	EXPECT_EQ(256 + SIGSEGV, target_wait(&self->t));
	EXPECT_EQ(0, self->s->ret[0]);
}
#endif

/* The next injection uses the mm of the new program, again and again. */
TEST_F(exec, next_call)
{
	char root[] = "/";
	struct seccomp_notif_inject change_dir = {
		.nr = __NR_chdir,
		.buf = PTR(root),
		.buf_size = sizeof(root),
		.args_in_buf_mask = 1 << 0,
	};
	int i;

	ASSERT_EQ(0, start(self));
	put_exec(self, variant->at, child_make("trap", 0755), NULL, NULL);
	ASSERT_EQ(0, inject(self));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
		EXPECT_EQ(!!i, inject_mappings(self->t.pid));
		ASSERT_EQ(0, notif_inject(self->t.listener, self->notif.id,
					  &change_dir));
	}
	ASSERT_EQ(0, notif_recv(self->t.listener, &self->notif));
	ASSERT_EQ(0, notif_send(self->t.listener, self->notif.id, 0, 42, 0));
	EXPECT_EQ(42, target_wait(&self->t));
}

/*
 * Threads
 */

#define BLOCKERS 3	/* two threads and the leader */
#define PIPE_SIZE 4096

/* In the target: both ends of the pipes that block. */
static int pipes[BLOCKERS][2];

static void *trap_thread(void *role)
{
	syscall(__NR_getppid, role);
	/* Only somebody who was not blocked gets here. */
	_exit(95);
}

/* The leader and two threads are to block, the last one is to execute. */
static int threads_target(void *arg)
{
	pthread_t thread;
	long role;

	for (role = 1; role <= BLOCKERS; role++)
		if (pthread_create(&thread, NULL, trap_thread, (void *)role))
			return 94;
	trap_thread(NULL);
	return 93;
}

/*
 * Substitute a write that blocks: @size bytes, more than its pipe takes. The
 * pipe is full when the call has begun.
 */
static int block(int listener, __u64 id, const int *pipe)
{
	static char bytes[2 * PIPE_SIZE];
	struct seccomp_notif_inject inj = {
		.nr = __NR_write,
		.args = { pipe[1], 0, sizeof(bytes) },
		.buf = PTR(bytes),
		.buf_size = sizeof(bytes),
		.args_in_buf_mask = 1 << 1,
	};
	int queued = 0;

	if (notif_inject(listener, id, &inj))
		return -1;
	while (queued < PIPE_SIZE) {
		if (ioctl(pipe[0], FIONREAD, &queued))
			return -1;
		sched_yield();
	}
	return 0;
}

/* Start it, let all but one block. That one waits in self->notif. */
static int start_threads(FIXTURE_DATA(exec) *self)
{
	int i;

	for (i = 0; i < BLOCKERS; i++)
		if (pipe2(pipes[i], O_CLOEXEC) ||
		    fcntl(pipes[i][1], F_SETPIPE_SZ, PIPE_SIZE) != PIPE_SIZE)
			return -1;
	if (target_start(&self->t, &self->s->nr, 1, INJECT_LISTENER,
			 threads_target, NULL))
		return -1;
	for (i = 0; i <= BLOCKERS; i++) {
		struct seccomp_notif notif;
		__u64 role;

		if (notif_recv(self->t.listener, &notif))
			return -1;
		role = notif.data.args[0];
		if (role == BLOCKERS)
			self->notif = notif;
		else if (block(self->t.listener, notif.id, pipes[role]))
			return -1;
	}
	return 0;
}

/* Let the new program have a call substituted, and end with status 42. */
static bool goes_on(FIXTURE_DATA(exec) *self)
{
	char root[] = "/";
	struct seccomp_notif_inject change_dir = {
		.nr = __NR_chdir,
		.buf = PTR(root),
		.buf_size = sizeof(root),
		.args_in_buf_mask = 1 << 0,
	};

	return !notif_recv(self->t.listener, &self->notif) &&
	       (pid_t)self->notif.pid == self->t.pid &&
	       inject_mappings(self->t.pid) == 0 &&
	       !notif_inject(self->t.listener, self->notif.id, &change_dir) &&
	       !notif_recv(self->t.listener, &self->notif) &&
	       inject_mappings(self->t.pid) == 1 &&
	       !notif_send(self->t.listener, self->notif.id, 0, 42, 0) &&
	       target_wait(&self->t) == 42;
}

/* One that is not the leader executes, while all others are in calls of ours. */
TEST_F(exec, thread)
{
	ASSERT_EQ(0, start_threads(self));
	EXPECT_NE(self->t.pid, self->notif.pid);
	EXPECT_EQ(BLOCKERS, inject_mappings(self->t.pid));
	put_exec(self, variant->at, child_make("trap", 0755), NULL, NULL);
	ASSERT_EQ(0, inject(self));
	EXPECT_TRUE(goes_on(self));
}

/* What fails there leaves the others where they are. */
TEST_F(exec, thread_fails)
{
	int i, queued;

	ASSERT_EQ(0, start_threads(self));
	put_exec(self, variant->at, "/no/such/program", NULL, NULL);
	ASSERT_EQ(0, inject(self));
	EXPECT_EQ(95, target_wait(&self->t));
	for (i = 0; i < BLOCKERS; i++) {
		queued = 0;
		EXPECT_EQ(0, ioctl(pipes[i][0], FIONREAD, &queued));
		EXPECT_EQ(PIPE_SIZE, queued);
	}
}

/* A tracer of leader and thread learns which of them it was. */
TEST_F(exec, thread_traced)
{
	unsigned long old_pid = 0;
	int status;
	pid_t pid;

	ASSERT_EQ(0, start_threads(self));
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, self->t.pid, 0, PTRACE_O_TRACEEXEC));
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, self->notif.pid, 0,
			    PTRACE_O_TRACEEXEC));
	put_exec(self, variant->at, child_make("trap", 0755), NULL, NULL);
	ASSERT_EQ(0, inject(self));
	pid = waitpid(self->t.pid, &status, __WALL);
	ASSERT_EQ(self->t.pid, pid);
	ASSERT_EQ(SIGTRAP | PTRACE_EVENT_EXEC << 8, status >> 8);
	EXPECT_EQ(0, ptrace(PTRACE_GETEVENTMSG, pid, 0, &old_pid));
	EXPECT_EQ(self->notif.pid, old_pid);
	EXPECT_EQ(0, ptrace(PTRACE_DETACH, pid, 0, 0));
	EXPECT_TRUE(goes_on(self));
}

#ifdef __x86_64__
/*
 * Children that share the mm
 */

static int exec_it(void *arg)
{
	struct shared *s = arg;

	syscall(__NR_execve, s->path, NULL, NULL);
	/* It failed, and libc's errno is the parent's. */
	return 3;
}

/* One child after the other, until told to stop. */
static int children_target(void *arg)
{
	static __u64 stack[8192];
	struct shared *s = arg;
	pid_t pid;

	while (!__atomic_load_n(&s->stop, __ATOMIC_RELAXED)) {
		pid = clone(exec_it, stack + ARRAY_COUNT(stack),
			    s->clone_flags | SIGCHLD, s);
		if (pid < 0 || waitpid(pid, &s->status, 0) != pid)
			return 1;
		__atomic_add_fetch(&s->children, 1, __ATOMIC_RELAXED);
	}
	return 0;
}

static int start_children(FIXTURE_DATA(exec) *self, int clone_flags,
			  int (*fn)(void *))
{
	const int nr = __NR_execve;

	self->s->clone_flags = clone_flags;
	return target_start(&self->t, &nr, 1, INJECT_LISTENER, fn, self->s);
}

/* Pages that a process has mapped: by its own count, and by its maps. */
static long pages_counted(pid_t pid)
{
	char path[32];
	long pages = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%ld", &pages) != 1)
		pages = -1;
	if (f)
		fclose(f);
	return pages;
}

static long pages_listed(pid_t pid)
{
	unsigned long start, end;
	char path[32], line[512];
	long bytes = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 &&
		    !strstr(line, "[vsyscall]"))
			bytes += end - start;
	if (f)
		fclose(f);
	return bytes / getpagesize();
}

/*
 * Execute @path in @count children, and look at the parent's mm the second time
 * and the last. Returns 0, or -1 and errno.
 */
static int run_children(FIXTURE_DATA(exec) *self, const char *path, int count,
			long *pages)
{
	int i;

	for (i = 0; i < count; i++) {
		if (notif_recv(self->t.listener, &self->notif))
			return -1;
		if (i == 1)
			pages[0] = pages_counted(self->t.pid);
		buf_start(&buf, 8);
		buf_execve(&buf, &self->inj, path, NULL, NULL);
		if (inject(self))
			return -1;
	}
	if (notif_recv(self->t.listener, &self->notif))
		return -1;
	pages[1] = pages_counted(self->t.pid);
	return 0;
}

FIXTURE(children) {
	FIXTURE_DATA(exec) exec;
};

FIXTURE_VARIANT(children) {
	int flags;
	int count;
};

FIXTURE_VARIANT_ADD(children, vfork) {
	.flags = CLONE_VM | CLONE_VFORK, .count = 300,
};

FIXTURE_VARIANT_ADD(children, clone_vm) {
	.flags = CLONE_VM, .count = 100,
};

FIXTURE_SETUP(children)
{
	exec_setup(_metadata, &self->exec, NULL);
}

FIXTURE_TEARDOWN(children)
{
	dir_remove();
}

/*
 * The parent's mm goes on as it was, with one mapping more. seccomp_inject_stress
 * does it up to 10,000 times.
 */
TEST_F_TIMEOUT(children, execute, 200)
{
	FIXTURE_DATA(exec) *e = &self->exec;
	long pages[2] = {};
	struct tiny tiny;
	char *path;

	tiny_make_exit(&tiny, 0);
	path = file_make("exit", &tiny, sizeof(tiny), 0755);
	ASSERT_EQ(0, start_children(e, variant->flags, children_target));
	ASSERT_EQ(0, run_children(e, path, variant->count, pages));
	EXPECT_EQ(variant->count, e->s->children);
	EXPECT_EQ(0, e->s->status);
	EXPECT_EQ(1, inject_mappings(e->t.pid));
	EXPECT_LT(0, pages[0]);
	EXPECT_EQ(pages[0], pages[1]);
	EXPECT_EQ(pages_listed(e->t.pid), pages[1]);
	e->s->stop = 1;
	EXPECT_EQ(0, notif_send(e->t.listener, e->notif.id, -EPERM, 0, 0));
	EXPECT_EQ(0, target_wait(&e->t));
	EXPECT_EQ(3, WEXITSTATUS(e->s->status));
}

/*
 * The race. The path lies in memory that the parent's other thread rewrites,
 * back and forth between a program that may run and one that may not.
 */
#define RACE_MIN 300
#define RACE_CONTINUE_EVERY 4
#define RACE_SECONDS 100
#define MAY_RUN 1
#define MAY_NOT 2

/* The word of the path in which the two differ. */
static __u64 *race_word;
static __u64 race_good, race_evil;

static void *race_flip(void *unused)
{
	/* Yield: with one processor, or two, it must not be in the way. */
	for (;;) {
		__atomic_store_n(race_word, race_evil, __ATOMIC_RELAXED);
		sched_yield();
		__atomic_store_n(race_word, race_good, __ATOMIC_RELAXED);
		sched_yield();
	}
	return NULL;
}

static int race_target(void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, race_flip, NULL))
		return 1;
	return children_target(arg);
}

static char *exit_make(const char *name, int status)
{
	struct tiny tiny;

	tiny_make_exit(&tiny, status);
	return file_make(name, &tiny, sizeof(tiny), 0755);
}

/* Both programs, and a path of which one word tells which it is. */
static void race_prepare(struct shared *s)
{
	_Static_assert(sizeof(dir) % sizeof(__u64) == 0,
		       "a name begins with a word of its own");

	memcpy(&race_good, "good", 4);
	memcpy(&race_evil, "evil", 4);
	race_word = s->path + sizeof(dir) / sizeof(__u64);
	exit_make("evil", MAY_NOT);
	snprintf((char *)s->path, sizeof(s->path), "%s",
		 exit_make("good", MAY_RUN));
}

TEST_F_TIMEOUT(children, race_of_the_path, RACE_SECONDS + 20)
{
	FIXTURE_DATA(exec) *e = &self->exec;
	int ran[2] = {}, lost[2] = {}, injected, total = 0;
	__u64 path[ARRAY_COUNT(e->s->path)], *word;
	time_t end;

	race_prepare(e->s);
	memcpy(path, e->s->path, sizeof(path));
	word = path + (race_word - e->s->path);
	ASSERT_EQ(0, start_children(e, variant->flags, race_target));

	end = time(NULL) + RACE_SECONDS;
	ASSERT_EQ(0, notif_recv(e->t.listener, &e->notif));
	while ((ran[1] < RACE_MIN || !lost[0]) && time(NULL) < end) {
		/* Look once, at what is then approved. */
		*word = __atomic_load_n(race_word, __ATOMIC_RELAXED);
		if (*word != race_good) {
			ASSERT_EQ(0, notif_send(e->t.listener, e->notif.id,
						-EACCES, 0, 0));
			ASSERT_EQ(0, notif_recv(e->t.listener, &e->notif));
			ASSERT_EQ(3, WEXITSTATUS(e->s->status));
			continue;
		}
		injected = total++ % RACE_CONTINUE_EVERY != 0;
		buf_start(&buf, 8);
		buf_execve(&buf, &e->inj, (char *)path, NULL, NULL);
		ASSERT_EQ(0, injected ? inject(e) :
			  notif_continue(e->t.listener, e->notif.id));
		/* The next trap tells that this child was waited for. */
		ASSERT_EQ(0, notif_recv(e->t.listener, &e->notif));
		ASSERT_TRUE(WIFEXITED(e->s->status));
		ran[injected]++;
		lost[injected] += WEXITSTATUS(e->s->status) != MAY_RUN;
	}
	kill(e->t.pid, SIGKILL);
	EXPECT_EQ(256 + SIGKILL, target_wait(&e->t));

	TH_LOG("approved %d by CONTINUE, %d of them raced; %d by INJECTED, %d raced",
	       ran[0], lost[0], ran[1], lost[1]);
	EXPECT_LE(RACE_MIN, ran[1]);
	EXPECT_EQ(0, lost[1]);
	EXPECT_LE(1, lost[0]);
}
#else
TEST(small_programs)
{
	SKIP(return, "they, and what runs them, are for x86_64");
}
#endif

/*
 * Bad input
 */

/* A request in one piece, with everything at a place that is known. */
struct vectors {
	__u64 pad;
	char path[16];
	char strings[2][8];
	__u64 argv[3];
	__u64 envp[2];
};

#define V(field) offsetof(struct vectors, field)
#define V_END sizeof(struct vectors)
/* Bit and number of an argument of execve(). */
#define PATH 0
#define ARGV 1
#define ENVP 2
#define IN_BUF(i) (1U << (i))
#define ALL (IN_BUF(PATH) | IN_BUF(ARGV) | IN_BUF(ENVP))

/*
 * One change each, to the word at @at in the buffer, or, with @at 0, to the
 * argument @arg; the mask; and what SEND says.
 */
static const struct {
	const char *what;
	size_t at;
	int arg;
	__u64 value;
	__u32 mask;
	int error;
} bad_rows[] = {
	{ "nothing", V(pad), PATH, V(path), ALL, 0 },
	{ "no argv", 0, ARGV, 0, ALL & ~IN_BUF(ARGV), 0 },
	{ "no envp", 0, ENVP, 0, ALL & ~IN_BUF(ENVP), 0 },
	{ "no path", 0, PATH, 0, ALL & ~IN_BUF(PATH), EINVAL },
	{ "envp is argv", 0, ENVP, V(argv), ALL, EINVAL },
	{ "argv is envp", 0, ARGV, V(envp), ALL, EINVAL },
	{ "envp begins in argv", 0, ENVP, V(argv[1]), ALL, EINVAL },
	{ "envp is argv's end", 0, ENVP, V(argv[2]), ALL, EINVAL },
	{ "argv goes on into envp", V(argv[2]), 0, V(strings), ALL, EINVAL },
	{ "envp, not aligned, ends in argv", 0, ENVP, V(argv) - 7, ALL, EINVAL },
	{ "argv past the end", 0, ARGV, V_END - 7, ALL, EINVAL },
	{ "argv far away", 0, ARGV, -8ULL, ALL, EINVAL },
	{ "envp does not end", V(envp[1]), 0, V(strings), ALL, EINVAL },
	{ "argv is the target's", 0, ARGV, 0x10000, ALL & ~IN_BUF(ARGV), EINVAL },
	{ "path is the target's", 0, PATH, 0x10000, ALL & ~IN_BUF(PATH), EINVAL },
	{ "path past the end", 0, PATH, V_END, ALL, EINVAL },
	{ "path in argv", 0, PATH, V(argv), ALL, EINVAL },
	{ "path in argv's last byte", 0, PATH, V(argv[2]) + 7, ALL, EINVAL },
	{ "path in a string", 0, PATH, V(strings[1]) + 1, ALL, 0 },
	{ "mask bit 3, a value", 0, 3, 0, ALL | IN_BUF(3), EINVAL },
	{ "string past the end", V(argv[0]), 0, V_END, ALL, EINVAL },
	{ "string far away", V(argv[1]), 0, -1ULL, ALL, EINVAL },
	{ "string in argv itself", V(argv[0]), 0, V(argv[1]), ALL, EINVAL },
	{ "string in envp", V(argv[1]), 0, V(envp[0]), ALL, EINVAL },
	{ "string of envp in argv", V(envp[0]), 0, V(argv[2]) + 3, ALL, EINVAL },
	{ "string without an end", V(strings[1]), 0, -1ULL, ALL, EINVAL },
	{ "string in a string", V(argv[0]), 0, V(strings[1]) + 2, ALL, 0 },
	{ "string is the path", V(argv[0]), 0, V(path), ALL, 0 },
	{ "no string", V(argv[0]), 0, 0, ALL, 0 },
};

/*
 * Each change alone, with both calls. What is refused changes nothing: the same
 * notification is answered afterwards, by the next row at the latest.
 */
TEST_F(exec, bad_input)
{
	struct vectors good = {
		.path = "/no/such/file", .strings = { "one", "two" },
		.argv = { V(strings[0]), V(strings[1]) },
		.envp = { V(strings[1]) },
	}, v;
	int shift = variant->at;
	struct loop loop;
	size_t i;
	long ret;

	ASSERT_EQ(0, loop_start(&loop));
	for (i = 0; i < ARRAY_COUNT(bad_rows); i++) {
		struct seccomp_notif_inject inj = {
			.nr = variant->at ? __NR_execveat : __NR_execve,
			.buf = PTR(&v),
			.buf_size = sizeof(v),
			.args_in_buf_mask = bad_rows[i].mask << shift,
		};

		v = good;
		inj.args[0] = AT_FDCWD;
		inj.args[shift + PATH] = V(path);
		inj.args[shift + ARGV] = V(argv);
		inj.args[shift + ENVP] = V(envp);
		if (bad_rows[i].at)
			memcpy((char *)&v + bad_rows[i].at, &bad_rows[i].value,
			       sizeof(__u64));
		else
			inj.args[shift + bad_rows[i].arg] = bad_rows[i].value;
		ret = loop_call(&loop, &inj);
		EXPECT_EQ(bad_rows[i].error ? REFUSED(bad_rows[i].error) :
			  -ENOENT, ret)
			TH_LOG("%s", bad_rows[i].what);
	}
	EXPECT_TRUE(loop_answerable(&loop));
	EXPECT_EQ(1, inject_mappings(loop.t.pid));
	loop_stop(&loop);
}

int main(int argc, char **argv, char **envp)
{
	char exe[256], *what;
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	exe[len < 0 ? 0 : len] = '\0';
	what = strstr(exe, "/" CHILD);
	if (what)
		return child_main(what + strlen("/" CHILD), argc, argv, envp);
	return test_harness_run(argc, argv);
}
