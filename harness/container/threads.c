// SPDX-License-Identifier: GPL-2.0
/*
 * threads DIRECTORY: threads that make, fill, rename, read and remove files,
 * while a timer's signal interrupts whoever it meets; then one starts programs.
 * Prints what came of it, the same on every run.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS		4
#define FILES		5
#define TICKS		20

static const char *directory;
static volatile sig_atomic_t ticks;

static void tick(int sig)
{
	struct itimerval stop = {};

	(void)sig;
	if (++ticks == TICKS)
		setitimer(ITIMER_REAL, &stop, NULL);
}

static void one_file(const char *dir, int i)
{
	char name[256], other[256], text[300] = "";
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "%s/new-%d", dir, i);
	snprintf(other, sizeof(other), "%s/old-%d", dir, i);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0640);
	if (fd < 0 || write(fd, name, strlen(name)) != (ssize_t)strlen(name))
		err(1, "%s", name);
	close(fd);
	if (rename(name, other) || chmod(other, 0600) || stat(other, &st))
		err(1, "%s", other);
	if ((st.st_mode & 07777) != 0600 || st.st_size != (off_t)strlen(name))
		errx(1, "%s: mode %o, size %ld", other, st.st_mode, (long)st.st_size);
	if (!stat(name, &st) || errno != ENOENT)
		errx(1, "%s is still there", name);
	fd = open(other, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0 || strcmp(text, name))
		errx(1, "%s: '%s' in it", other, text);
	close(fd);
	if (unlink(other))
		err(1, "%s", other);
}

static void *work(void *number)
{
	char dir[200];
	int i;

	snprintf(dir, sizeof(dir), "%s/%ld", directory, (long)number);
	if (mkdir(dir, 0700))
		err(1, "%s", dir);
	for (i = 0; i < FILES; i++)
		one_file(dir, i);
	if (rmdir(dir))
		err(1, "%s", dir);
	return number;
}

/* Executing ends all the other threads of the child, and none here. */
static int run_true(void)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		execl("/usr/bin/true", "true", NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

int main(int argc, char **argv)
{
	struct itimerval often = { { 0, 5000 }, { 0, 5000 } };
	struct sigaction sa = { .sa_handler = tick, .sa_flags = SA_RESTART };
	pthread_t threads[THREADS];
	void *result;
	long i, sum = 0;

	if (argc != 2)
		errx(2, "usage: threads DIRECTORY");
	directory = argv[1];
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, work, (void *)i))
			errx(1, "pthread_create");
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		sum += (long)result + 1;
	}
	while (ticks < TICKS)
		pause();
	printf("sum %ld, ticks %d, true %d\n", sum, (int)ticks, run_true());
	return 0;
}
