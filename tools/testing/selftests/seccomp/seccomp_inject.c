// SPDX-License-Identifier: GPL-2.0
/* Substituted system calls: what the interface promises, call by call. */
#include "seccomp_inject_util.h"

#include "../kselftest_harness.h"

static int open_evil(void *arg)
{
	int fd = open("/evil", O_RDONLY);
	char byte;

	return fd >= 0 && read(fd, &byte, 1) == 1 ? byte : 100;
}

TEST(redirect_path)
{
	const int nr = __NR_openat;
	char good[] = "/tmp/good";
	struct seccomp_notif_inject inj = {
		.nr = __NR_openat,
		.args = { AT_FDCWD, 0, O_RDONLY },
		.buf = PTR(good),
		.buf_size = sizeof(good),
		.args_in_buf_mask = 1 << 1,
	};
	struct seccomp_notif notif;
	struct target t;
	int fd;

	fd = open(good, O_CREAT | O_RDWR, 0600);
	ASSERT_EQ(1, write(fd, "\7", 1));
	close(fd);

	ASSERT_EQ(0, target_start(&t, &nr, 1, INJECT_LISTENER, open_evil, NULL));
	ASSERT_EQ(0, notif_recv(t.listener, &notif));
	ASSERT_EQ(0, notif_inject(t.listener, notif.id, &inj));
	EXPECT_EQ(7, target_wait(&t));
}

TEST_HARNESS_MAIN
