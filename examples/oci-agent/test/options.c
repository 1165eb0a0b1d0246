// SPDX-License-Identifier: GPL-2.0
/* How the agent starts and does not start, and its policy file. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#define RULE(text) "{ \"profiles\": {\n\"p\": { \"rules\": [\n" text "\n] } } }"

/* What must be refused, where, and what is said. */
static const struct {
	const char *policy;
	const char *says;
} bad_policies[] = {
	{ "", ":1: " },
	{ "{ \"profiles\": {\n\n} ", ":3: " },
	{ "{ \"profiles\": {} } x", ":1: " },
	{ "[]", ":1: the policy is to be an object" },
	{ "{}", ":1: no \"profiles\"" },
	{ "{ \"profile\": {} }", ":1: unknown key 'profile'" },
	{ "{ \"profiles\": {\n\"a\": {},\n\"a\": {} } }", "twice" },
	{ "{ \"profiles\": {\n\"a\":\n1 } }", ":3: a profile" },
	{ "{ \"profiles\": {\n\"a\": {\n\"rulez\": [] } } }", ":3: unknown key 'rulez'" },
	{ "{ \"profiles\": {\n\"a\": { \"reopen\":\n\"yes\" } } }", ":3: unknown value 'yes'" },
	{ "{ \"profiles\": {\n\"a\": { \"otherwise\": {\n\"calls\": [\"open\"] } } } }",
	  ":3: 'calls' can't be asked" },
	{ RULE("{ \"calls\": [\"open\"], \"action\": \"allow\" },\n"
	       "{ \"calls\": [\"open\",\n\"ioctl\"], \"action\": \"allow\" }"),
	  ":5: unknown call 'ioctl'" },
	{ RULE("{ \"calls\": [], \"action\": \"allow\" }"), ":3: \"calls\" is to be" },
	{ RULE("{ \"action\": \"allow\" }"), ":3: a rule without calls" },
	{ RULE("{ \"calls\": [\"open\"] }"), ":3: a rule without an action" },
	{ RULE("{ \"calls\": [\"open\"], \"action\": \"allow\",\n\"action\": \"deny\" }"),
	  ":3: a key stands twice" },
	{ RULE("{ \"calls\": [\"open\"], \"action\": \"alow\" }"), ":3: unknown value 'alow'" },
	{ RULE("{ \"calls\": [\"open\"], \"action\": \"deny\" }"), ":3: an errno goes" },
	{ RULE("{ \"calls\": [\"open\"], \"action\": \"deny\",\n\"errno\": \"EFOO\" }"),
	  ":4: unknown errno" },
	{ RULE("{ \"calls\": [\"open\"], \"action\": \"allow\",\n\"path\": \"etc\" }"),
	  ":4: path 'etc' is not absolute" },
	{ RULE("{ \"calls\": [\"open\"], \"action\": \"allow\", \"path\": \"/a/../b\" }"),
	  "has '.' or '..'" },
	{ RULE("{ \"calls\": [\"open\"], \"action\": \"allow\", \"path\": \"/a/.\" }"),
	  "has '.' or '..'" },
	{ RULE("{ \"calls\": [\"open\"], \"action\": \"allow\", \"path\": \"/a/\" }"),
	  "a slash too many" },
	{ RULE("{ \"calls\": [\"open\"], \"action\": \"allow\", \"path\": \"/a\\u0000b\" }"),
	  "a NUL" },
	{ RULE("{ \"calls\": [\"open\"], \"action\": \"rewrite\", \"to\": \"/a\" }"),
	  "wants a path" },
	{ RULE("{ \"calls\": [\"open\"], \"action\": \"allow\", \"net\": \"10.0.0.0/8\" }"),
	  "are not for calls with a path" },
	{ RULE("{ \"calls\": [\"connect\"], \"action\": \"allow\", \"path\": \"/a\" }"),
	  "are not for calls with an address" },
	{ RULE("{ \"calls\": [\"connect\"], \"action\": \"allow\", \"net\": \"10.0.0.1/8\" }"),
	  "has bits beyond" },
	{ RULE("{ \"calls\": [\"connect\"], \"action\": \"allow\", \"net\": \"10.0.0.0/33\" }"),
	  "is no network" },
	{ RULE("{ \"calls\": [\"connect\"], \"action\": \"allow\", \"ports\": \"9-8\" }"),
	  "are no ports" },
	{ RULE("{ \"calls\": [\"connect\"], \"action\": \"allow\", \"ports\": \"65536\" }"),
	  "are no ports" },
	{ RULE("{ \"calls\": [\"connect\"], \"action\": \"allow\", \"family\": \"ax25\" }"),
	  "unknown family" },
	{ RULE("{ \"calls\": [\"stat\"], \"action\": \"allow\", \"access\": \"read\" }"),
	  "access is for open" },
	{ RULE("{ \"calls\": [\"open\"], \"action\": \"allow\", \"argv\": [] }"),
	  "argv is for exec" },
	{ RULE("[[[[[[[[[[]]]]]]]]]]"), ":3: " },
};

static int ends_with(struct agent *agent, const char *policy, const char *option,
		     const char *value)
{
	if (agent_start(agent, policy, option, value, NULL)) {
		agent_end(agent, SIGKILL);
		return -1;
	}
	return agent_end(agent, 0);
}

static void test_bad_policies(struct agent *agent)
{
	size_t i;
	int status;

	for (i = 0; i < sizeof(bad_policies) / sizeof(*bad_policies); i++) {
		status = ends_with(agent, bad_policies[i].policy, NULL, NULL);
		check(status == 2 && errors_have(POLICY) && errors_have(bad_policies[i].says),
		      "a bad policy, %s", bad_policies[i].says);
	}
}

static int opens_allowed(void)
{
	return open("/tmp/allowed", O_RDONLY) < 0 ? errno : 0;
}

static int result_under(const char *profile)
{
	struct box box = { .calls = "openat open", .metadata = profile,
			   .body = opens_allowed };

	return box_run(&box);
}

#define ONE_PROFILE(name, error) \
	"{ \"profiles\": { \"" name "\": { \"otherwise\": { \"action\": \"deny\", \"errno\": \"" \
	error "\" } } } }"

static bool reload(struct agent *agent, const char *policy, const char *logged)
{
	write_file(POLICY, policy);
	kill(agent->pid, SIGHUP);
	return log_has(logged, NULL);
}

static void test_reload(struct agent *agent)
{
	check(agent_start(agent, ONE_PROFILE("p", "EXDEV"), NULL), "reload: start");
	check(result_under("p") == EXDEV, "reload: the first policy");
	check(result_under("unknown") == EPERM, "an unknown profile, and no default: denied");
	check(reload(agent, "{ \"profiles\": {\n\"p\": 1 } }", "\"policy refused\"") &&
	      errors_have(POLICY ":2: a profile") && errors_have("stays as it was"),
	      "reload: a bad policy is refused with its line");
	check(result_under("p") == EXDEV, "reload: the policy before it stays");
	check(reload(agent, ONE_PROFILE("default", "ENOTTY"), "\"event\":\"policy\""),
	      "reload: another policy");
	check(result_under("p") == ENOTTY, "reload: the new policy holds");
	check(result_under("unknown") == ENOTTY, "an unknown profile: default");
	check(agent_end(agent, SIGTERM) == 0, "reload: end");
	check(access(SOCKET, F_OK) && access(PID_FILE, F_OK), "socket and pid file are gone");
}

void test_options(struct agent *agent)
{
	const char *fine = "{ \"profiles\": {} }";
	struct stat st;

	check(ends_with(agent, fine, "--nonsense", NULL) == 2, "an unknown option");
	check(ends_with(agent, fine, "--mode", "wild") == 2, "an unknown mode");
	check(ends_with(agent, fine, "--help", NULL) == 0, "--help");
	check(ends_with(agent, fine, "--policy", "/nowhere") == 2, "no policy file");
	check(ends_with(agent, fine, "--log", "/nowhere/log") == 1, "a log that can't be");
	check(agent_start(agent, fine, NULL) && errors_have("oci-agent: ready\n"), "ready");
	check(!stat(SOCKET, &st) && (st.st_mode & 0777) == 0600, "the socket is its owner's");
	agent_end(agent, SIGTERM);
	test_bad_policies(agent);
	test_reload(agent);
}

/* On a kernel without the flag. */
void test_without(struct agent *agent)
{
	const char *policy = "{ \"profiles\": { \"default\": { \"otherwise\": { \"action\": \"allow\" } } } }";

	check(ends_with(agent, policy, NULL, NULL) == 3 && errors_have("can't inject"),
	      "it says so and does not start");
	check(agent_start(agent, policy, "--fallback", "deny", NULL) &&
	      errors_have("can't inject"), "--fallback deny: it starts, and says so");
	check(result_under("") == EPERM, "--fallback deny: what would be allowed is denied");
	check(log_has("\"verdict\":\"deny\"", "\"errno\":\"EPERM\"", NULL), "... and logged");
	check(agent_end(agent, SIGTERM) == 0, "--fallback deny: end");
}
