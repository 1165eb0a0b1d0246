// SPDX-License-Identifier: GPL-2.0
/*
 * Can this kernel inject? A listener is needed to ask, and so a filter, under
 * which a thread puts itself and ends.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent.h"

static void *make_listener(void *result)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { .len = 1, .filter = &allow };
	int *fd = result;

	*fd = -1;
	if (!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		*fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			      SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
	if (*fd < 0)
		*fd = -errno;
	return NULL;
}

int probe(void)
{
	struct seccomp_notif_resp resp = { .flags = SECCOMP_USER_NOTIF_FLAG_INJECTED };
	pthread_t thread;
	int fd, answer;

	if (pthread_create(&thread, NULL, make_listener, &fd))
		return -EAGAIN;
	pthread_join(thread, NULL);
	if (fd < 0)
		return fd;
	/* No request is named: EFAULT where there are any. */
	errno = 0;
	answer = seccomp_notify_respond(fd, &resp) && errno == EFAULT;
	close(fd);
	return answer;
}
