// SPDX-License-Identifier: GPL-2.0
/*
 * The policy in memory: who uses which one, and what matches.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "policy_file.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct policy *current;

static void free_rule(struct rule *rule)
{
	char **arg;

	for (arg = rule->argv; arg && *arg; arg++)
		free(*arg);
	free(rule->argv);
	free(rule->path);
	free(rule->unix_path);
	free(rule->abstract);
	free(rule->to);
}

void policy_free(struct policy *policy)
{
	struct profile *p;
	int i, j;

	for (i = 0; policy && i < policy->nr_profiles; i++) {
		p = &policy->profiles[i];
		for (j = 0; j < p->nr_rules; j++)
			free_rule(&p->rules[j]);
		free(p->rules);
		free(p->name);
	}
	if (policy)
		free(policy->profiles);
	free(policy);
}

void policy_put(struct policy *policy)
{
	bool last;

	if (!policy)
		return;
	pthread_mutex_lock(&lock);
	last = !--policy->refs;
	pthread_mutex_unlock(&lock);
	if (last)
		policy_free(policy);
}

struct policy *policy_get(void)
{
	struct policy *policy;

	pthread_mutex_lock(&lock);
	policy = current;
	if (policy)
		policy->refs++;
	pthread_mutex_unlock(&lock);
	return policy;
}

void policy_set(struct policy *policy)
{
	struct policy *old;

	pthread_mutex_lock(&lock);
	old = current;
	current = policy;
	pthread_mutex_unlock(&lock);
	policy_put(old);
}

const struct profile *policy_profile(const struct policy *policy, const char *name)
{
	static const struct profile none = {
		.name = "none",
		.otherwise = { .action = DENY, .error = EPERM },
	};
	const struct profile *found = &none;
	int i;

	for (i = 0; policy && i < policy->nr_profiles; i++) {
		if (!strcmp(policy->profiles[i].name, name))
			return &policy->profiles[i];
		if (!strcmp(policy->profiles[i].name, "default"))
			found = &policy->profiles[i];
	}
	return found;
}

bool beneath(const char *dir, const char *path)
{
	size_t len = strlen(dir);

	/* Names that a call is about keep the slash, or "/.", that they ended with. */
	if (len > 1 && dir[len - 1] == '.' && dir[len - 2] == '/')
		len--;
	if (len && dir[len - 1] == '/')
		len--;
	if (!len)
		return *path == '/';
	return !strncmp(dir, path, len) && (!path[len] || path[len] == '/');
}

static bool match_argv(const struct rule *rule, const char *const *argv)
{
	char **pattern;

	if (!rule->argv)
		return true;
	if (!argv)
		return false;
	for (pattern = rule->argv; *pattern; pattern++, argv++)
		if (!*argv || fnmatch(*pattern, *argv, 0))
			return false;
	return rule->argv_more || !*argv;
}

/*
 * What is denied in part is denied, what is allowed in part is not allowed, and
 * what is rewritten in part can't be done: the caller denies that.
 */
static bool match_access(const struct rule *rule, enum access access)
{
	if (!rule->access)
		return true;
	return rule->action == ALLOW ? !(access & ~rule->access) : rule->access & access;
}

const struct rule *match_path(const struct profile *profile, enum family family,
			      const char *path, enum access access,
			      const char *const *argv)
{
	const struct rule *rule = profile->rules, *end = rule + profile->nr_rules;

	for (; rule < end; rule++)
		if (rule->families & 1U << family &&
		    (!rule->path || beneath(rule->path, path)) &&
		    match_access(rule, access) &&
		    match_argv(rule, argv))
			return rule;
	return &profile->otherwise;
}

static bool touches(const char *what, const char *path)
{
	return path && (beneath(what, path) || beneath(path, what));
}

static bool inside(const char *what, const char *path)
{
	return path && beneath(what, path) && !beneath(path, what);
}

/* Does it deny all files, or Unix sockets, that no rule before it decides on? */
static bool denies_the_rest(const struct rule *rule)
{
	return rule->action == DENY && !rule->path && !rule->unix_path &&
	       !rule->has_net && !rule->has_ports && !rule->abstract &&
	       (rule->socket_family < 0 || rule->socket_family == AF_UNIX);
}

/* May @allowed get what was outside, where @families are denied to the rest? */
static bool fills(const struct rule *allowed, unsigned int families,
		  const char *const *path)
{
	const char *const what[] = { allowed->path ?: allowed->unix_path, allowed->to };
	int i;

	if (allowed->action == DENY || !(allowed->families & families & ~(1U << F_RENAME)))
		return false;
	for (i = 0; i < 2; i++)
		if (what[i] && !(inside(what[i], path[0]) && inside(what[i], path[1])) &&
		    (touches(what[i], path[0]) || touches(what[i], path[1])))
			return true;
	return false;
}

/* Would the names lead around @rule, which @nr rules stand before? */
static bool guards(const struct rule *rule, unsigned int families,
		   const struct rule *before, int nr, const char *const *path)
{
	const char *what = rule->path ?: rule->unix_path;

	if (what && rule->action != ALLOW)
		return touches(what, path[0]) || touches(what, path[1]);
	if (!denies_the_rest(rule))
		return false;
	while (nr--)
		if (fills(before++, families, path))
			return true;
	return false;
}

const struct rule *match_guard(const struct profile *profile, const char *const *path)
{
	const struct rule *rules = profile->rules, *last = &profile->otherwise;
	int i, nr = profile->nr_rules;

	for (i = 0; i < nr; i++)
		if (guards(&rules[i], rules[i].families, rules, i, path))
			return &rules[i];
	return guards(last, ~0U, rules, nr, path) ? last : NULL;
}

bool denies_programs(const struct profile *profile)
{
	const struct rule *rule = profile->rules, *end = rule + profile->nr_rules;

	for (; rule < end; rule++)
		if (rule->families & 1U << F_EXEC && rule->action != ALLOW)
			return true;
	return profile->otherwise.action == DENY;
}

static bool match_net(const struct rule *rule, const struct address *to)
{
	int bytes = rule->bits / 8, rest = rule->bits % 8;
	const unsigned char *a = rule->net.s6_addr, *b = to->ip.s6_addr;

	if (to->family != AF_INET && to->family != AF_INET6)
		return false;
	/* "::/0" is not about IPv4, though that is written as a part of it here. */
	if (to->family == AF_INET && rule->bits < 96)
		return false;
	return !memcmp(a, b, bytes) && (!rest || !((a[bytes] ^ b[bytes]) >> (8 - rest)));
}

static bool match_ports(const struct rule *rule, const struct address *to)
{
	return (to->family == AF_INET || to->family == AF_INET6) &&
	       to->port >= rule->port[0] && to->port <= rule->port[1];
}

/* Names may hold NULs, patterns don't. */
static bool match_abstract(const char *pattern, const struct address *to)
{
	size_t len = strlen(pattern);

	if (!to->abstract)
		return false;
	if (len && pattern[len - 1] == '*')
		return to->abstract_len >= len - 1 &&
		       !memcmp(to->abstract, pattern, len - 1);
	return to->abstract_len == len && !memcmp(to->abstract, pattern, len);
}

const struct rule *match_address(const struct profile *profile, enum family family,
				 const struct address *to)
{
	const struct rule *rule = profile->rules, *end = rule + profile->nr_rules;

	for (; rule < end; rule++)
		if (rule->families & 1U << family &&
		    (!rule->has_net || match_net(rule, to)) &&
		    (!rule->has_ports || match_ports(rule, to)) &&
		    (!rule->unix_path || (to->path && beneath(rule->unix_path, to->path))) &&
		    (!rule->abstract || match_abstract(rule->abstract, to)) &&
		    (rule->socket_family < 0 || rule->socket_family == to->family))
			return rule;
	return &profile->otherwise;
}
