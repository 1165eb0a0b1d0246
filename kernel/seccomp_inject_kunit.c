// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the table of calls that a seccomp listener may substitute, and
 * of the walk over a request.
 */
#include <kunit/test.h>

#include <linux/errno.h>
#include <linux/sched.h>

#include "seccomp_inject.h"

static void restart_block_is_disarmed(struct kunit *test)
{
	struct restart_block *block = &current->restart_block;
	long (*fn)(struct restart_block *) = block->fn;

	block->fn = NULL;
	KUNIT_EXPECT_EQ(test, seccomp_inject_restart(-ERESTART_RESTARTBLOCK),
			-ERESTARTNOHAND);
	KUNIT_EXPECT_TRUE(test, block->fn == do_no_restart_syscall);
	block->fn = fn;
}

static struct kunit_case seccomp_inject_cases[] = {
	KUNIT_CASE(restart_block_is_disarmed),
	{}
};

static struct kunit_suite seccomp_inject_suite = {
	.name = "seccomp_inject",
	.test_cases = seccomp_inject_cases,
};

kunit_test_suite(seccomp_inject_suite);

MODULE_DESCRIPTION("KUnit tests of seccomp's substituted system calls");
MODULE_LICENSE("GPL");
