/* SPDX-License-Identifier: GPL-2.0 */
/* A trapped call of six distinctive arguments, and files to redirect it to. */
#ifndef _SECCOMP_INJECT_CALLS_H
#define _SECCOMP_INJECT_CALLS_H

#include "seccomp_inject_util.h"

#include <ftw.h>
#include <sys/stat.h>

#define DIR_SIZE 32

/* In all six registers of a trapped call, where they would show if mixed up. */
#define DISTINCT { 0x1111111111111111, 0x2222222222222222, 0x3333333333333333, \
		   0x4444444444444444, 0x5555555555555555, 0x6666666666666666 }

/**
 * struct trapped - a call that a target makes, and what it sees of it
 * @nr: its number
 * @args: its arguments
 * @after: what the argument registers hold afterwards
 * @ret: its result, negative errno and all
 * @out: for a substituted call to write to, or what a descriptor that it
 *       returned reads
 * @handled: how often a signal handler ran
 * @info: what it got, the last time
 * @regs: and which argument registers it saw
 * @result: and which result, or number
 * @ip: and which instruction pointer
 */
struct trapped {
	long nr;
	unsigned long args[6];
	unsigned long after[6];
	long ret;
	char out[256];
	int handled;
	siginfo_t info;
	unsigned long regs[6];
	long result;
	unsigned long ip;
};

/* For target_start(). */
static inline int make_call(void *arg)
{
	struct trapped *c = arg;

#ifdef HAVE_RAW_CALL
	c->ret = raw_call(c->nr, c->args, c->after);
#else
	c->ret = syscall(c->nr, c->args[0], c->args[1], c->args[2], c->args[3],
			 c->args[4], c->args[5]);
	if (c->ret < 0)
		c->ret = -errno;
#endif
	return 0;
}

/* One that is shared with our children. */
static inline struct trapped *trapped_new(void)
{
	struct trapped *c;

	c = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c == MAP_FAILED)
		return NULL;
	*c = (struct trapped) { .nr = __NR_getppid, .args = DISTINCT };
	return c;
}

static struct trapped *handler_trapped;

static inline void record_registers(int sig, siginfo_t *info, void *context)
{
	struct trapped *c = handler_trapped;
#ifdef __x86_64__
	static const int regs[6] = { REG_RDI, REG_RSI, REG_RDX,
				     REG_R10, REG_R8, REG_R9 };
	ucontext_t *uc = context;
	int i;

	for (i = 0; i < 6; i++)
		c->regs[i] = uc->uc_mcontext.gregs[regs[i]];
	c->result = uc->uc_mcontext.gregs[REG_RAX];
	c->ip = uc->uc_mcontext.gregs[REG_RIP];
#endif
	c->info = *info;
	c->handled++;
}

/* Handle a signal by recording in @c what there is to see. */
static inline int record_signal(struct trapped *c, int sig, int flags)
{
	struct sigaction act = {
		.sa_sigaction = record_registers,
		.sa_flags = SA_SIGINFO | flags,
	};

	handler_trapped = c;
	return sigaction(sig, &act, NULL);
}

static inline int remove_one(const char *path, const struct stat *st, int type,
			     struct FTW *ftw)
{
	return remove(path);
}

/* Make a directory of our own, and go there. */
static inline int make_dir(char *dir)
{
	snprintf(dir, DIR_SIZE, "/tmp/seccomp_inject.XXXXXX");
	return mkdtemp(dir) ? chdir(dir) : -1;
}

static inline int remove_dir(const char *dir)
{
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Are we on User-mode Linux? */
static inline bool is_uml(void)
{
	char line[128];
	bool found = false;
	FILE *f = fopen("/proc/cpuinfo", "re");

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, "User Mode Linux");
	if (f)
		fclose(f);
	return found;
}

/* A request with one path, argument 1. */
static inline struct seccomp_notif_inject
with_path(int nr, int dirfd, const char *path, __u64 arg2, __u64 arg3)
{
	return (struct seccomp_notif_inject) {
		.nr = nr,
		.args = { dirfd, 0, arg2, arg3 },
		.buf = PTR(path),
		.buf_size = strlen(path) + 1,
		.args_in_buf_mask = 1 << 1,
	};
}

#endif
