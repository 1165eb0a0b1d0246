// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that wait for events, all on one epoll.
 *
 * To decide on a path means to look at the container's file systems, and one of
 * them may be FUSE, served by nobody. So a thread may be lost to a container for
 * as long as that lives. There is always one more that waits: whoever takes an
 * event and leaves nobody behind starts another thread first. A container may
 * keep a few of them busy (serve.c), not the pool.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "agent.h"

#define MAX_WAITING	4
#define STACK_SIZE	(256 << 10)

static int epoll_fd;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int waiting;

static int control(struct source *source, int op)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLONESHOT,
		.data.ptr = source,
	};

	return epoll_ctl(epoll_fd, op, source->fd, &event) ? -errno : 0;
}

int source_add(struct source *source)
{
	return control(source, EPOLL_CTL_ADD);
}

void source_arm(struct source *source)
{
	if (control(source, EPOLL_CTL_MOD))
		warn("epoll_ctl");
}

void source_remove(struct source *source)
{
	control(source, EPOLL_CTL_DEL);
}

static void *worker(void *unused);

static void start_worker(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	error = pthread_create(&thread, &attr, worker, NULL);
	pthread_attr_destroy(&attr);
	if (error) {
		warnx("no new thread: %s", strerror(error));
		pthread_mutex_lock(&lock);
		waiting--;
		pthread_mutex_unlock(&lock);
	}
}

/* Counted as waiting by who starts it, so that nobody starts a second one. */
static void *worker(void *unused)
{
	struct epoll_event event;
	struct source *source;
	bool last, enough;

	for (enough = false; !enough;) {
		if (epoll_wait(epoll_fd, &event, 1, -1) != 1)
			continue;
		pthread_mutex_lock(&lock);
		last = waiting == 1;
		if (!last)
			waiting--;
		pthread_mutex_unlock(&lock);
		if (last)
			start_worker();

		source = event.data.ptr;
		source->event(source, event.events);

		pthread_mutex_lock(&lock);
		enough = waiting >= MAX_WAITING;
		if (!enough)
			waiting++;
		pthread_mutex_unlock(&lock);
	}
	return unused;
}

void pool_init(void)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		err(1, "epoll_create1");
}

void pool_run(void)
{
	waiting = 1;
	start_worker();
	for (;;)
		pause();
}
