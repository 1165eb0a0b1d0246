/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _OCI_AGENT_POLICY_FILE_H
#define _OCI_AGENT_POLICY_FILE_H

#include "policy.h"

struct policy {
	int refs;
	int nr_profiles;
	struct profile *profiles;
};

void policy_free(struct policy *policy);

/* A step into a JSON text: the member @key, or else element @index. */
struct json_step {
	const char *key;
	size_t index;
};

/* The line, from 1, where what the steps lead to begins in @text, sound JSON. */
int json_line(const char *text, const struct json_step *steps, int depth);

/* How many members the object there has, those of the same name included. */
size_t json_members(const char *text, const struct json_step *steps, int depth);

#endif
