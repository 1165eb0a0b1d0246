// SPDX-License-Identifier: GPL-2.0
/*
 * Reads the policy file. What is not understood, or could be meant in another
 * way, is an error with its line, and the file is refused as a whole.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy_file.h"

#define MAX_FILE	(1 << 18)
#define MAX_DEPTH	8

static const char *const family_names[NR_FAMILIES] = {
	[F_OPEN] = "open", [F_EXEC] = "exec", [F_MKDIR] = "mkdir",
	[F_UNLINK] = "unlink", [F_RENAME] = "rename", [F_CHMOD] = "chmod",
	[F_CHOWN] = "chown", [F_UTIME] = "utime", [F_STAT] = "stat",
	[F_CHDIR] = "chdir", [F_XATTR] = "xattr", [F_CONNECT] = "connect",
	[F_BIND] = "bind", [F_SENDTO] = "sendto", [F_SENDMSG] = "sendmsg",
};

static const struct {
	const char *name;
	int family;
} socket_families[] = {
	{ "unix", AF_UNIX }, { "inet", AF_INET }, { "inet6", AF_INET6 },
	{ "netlink", AF_NETLINK }, { "packet", AF_PACKET }, { "vsock", AF_VSOCK },
};

struct reader {
	const char *file;
	char *text;
	struct json_step step[MAX_DEPTH];
	int depth;
};

static bool __attribute__((format(printf, 2, 3)))
bad(const struct reader *r, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%d: ", r->file, json_line(r->text, r->step, r->depth));
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return false;
}

static struct json_step *enter(struct reader *r)
{
	struct json_step *step = &r->step[r->depth++];

	*step = (struct json_step){};
	return step;
}

/* Strings are never copied without this: NULs would hide what follows. */
static bool get_string(struct reader *r, struct json_object *value, const char **to)
{
	if (!json_object_is_type(value, json_type_string))
		return bad(r, "a string is expected here");
	*to = json_object_get_string(value);
	if (strlen(*to) != (size_t)json_object_get_string_len(value))
		return bad(r, "a NUL in a string");
	return true;
}

static bool copy_string(struct reader *r, struct json_object *value, char **to)
{
	const char *text;

	if (!get_string(r, value, &text))
		return false;
	*to = strdup(text);
	return *to || bad(r, "no memory");
}

/* Which of @words, which NULL ends, is it? */
static bool get_word(struct reader *r, struct json_object *value, const char *const *words,
		     int *to)
{
	const char *text;

	if (!get_string(r, value, &text))
		return false;
	for (*to = 0; words[*to]; ++*to)
		if (!strcmp(text, words[*to]))
			return true;
	return bad(r, "unknown value '%s'", text);
}

/* A name as walk.c makes them. */
static bool get_path(struct reader *r, struct json_object *value, char **to)
{
	const char *p;

	if (!copy_string(r, value, to))
		return false;
	if (**to != '/')
		return bad(r, "path '%s' is not absolute", *to);
	for (p = *to; *p; p += strcspn(p, "/")) {
		p++;
		if (!*p ? p - *to > 1 : *p == '/')
			return bad(r, "path '%s' has a slash too many", *to);
		if (*p == '.' && strchr("/", p[1 + (p[1] == '.')]))
			return bad(r, "path '%s' has '.' or '..' in it", *to);
	}
	return true;
}

static bool get_calls(struct reader *r, struct json_object *value, struct rule *rule)
{
	const char *name;
	size_t i;
	int f;

	if (!json_object_is_type(value, json_type_array) ||
	    !json_object_array_length(value))
		return bad(r, "\"calls\" is to be a list of names");
	for (i = 0; i < json_object_array_length(value); i++) {
		enter(r)->index = i;
		if (!get_string(r, json_object_array_get_idx(value, i), &name))
			return false;
		for (f = 0; f < NR_FAMILIES && strcmp(name, family_names[f]); f++)
			;
		if (f == NR_FAMILIES)
			return bad(r, "unknown call '%s'", name);
		rule->families |= 1U << f;
		r->depth--;
	}
	return true;
}

static bool get_action(struct reader *r, struct json_object *value, struct rule *rule)
{
	static const char *const words[] = {
		[ALLOW] = "allow", [DENY] = "deny", [REWRITE] = "rewrite", NULL
	};
	int i;

	if (!get_word(r, value, words, &i))
		return false;
	rule->action = i;
	return true;
}

static bool get_errno(struct reader *r, struct json_object *value, struct rule *rule)
{
	const char *name, *known;
	int e;

	if (!get_string(r, value, &name))
		return false;
	for (e = 1; e < 134; e++) {
		known = strerrorname_np(e);
		if (known && !strcmp(known, name)) {
			rule->error = e;
			return true;
		}
	}
	return bad(r, "unknown errno '%s'", name);
}

static bool get_access(struct reader *r, struct json_object *value, struct rule *rule)
{
	static const char *const words[] = { "read", "write", NULL };
	int write;

	if (!get_word(r, value, words, &write))
		return false;
	rule->access = write ? ACCESS_WRITE : ACCESS_READ;
	return true;
}

static bool get_argv(struct reader *r, struct json_object *value, struct rule *rule)
{
	size_t i, n;

	if (!json_object_is_type(value, json_type_array))
		return bad(r, "\"argv\" is to be a list of patterns");
	n = json_object_array_length(value);
	rule->argv = calloc(n + 1, sizeof(*rule->argv));
	for (i = 0; rule->argv && i < n; i++) {
		enter(r)->index = i;
		if (!copy_string(r, json_object_array_get_idx(value, i), &rule->argv[i]))
			return false;
		r->depth--;
	}
	if (rule->argv && n && !strcmp(rule->argv[n - 1], "...")) {
		rule->argv_more = true;
		free(rule->argv[n - 1]);
		rule->argv[n - 1] = NULL;
	}
	return rule->argv || bad(r, "no memory");
}

/* A number of digits only, up to @max. Returns what follows, or NULL. */
static const char *get_number(const char *p, int max, int *to)
{
	int n = 0;

	if (!isdigit(*p))
		return NULL;
	for (; isdigit(*p); p++) {
		n = n * 10 + *p - '0';
		if (n > max)
			return NULL;
	}
	*to = n;
	return p;
}

static bool get_net(struct reader *r, struct json_object *value, struct rule *rule)
{
	const char *text, *slash, *end;
	struct in6_addr mask = {};
	char addr[64];
	bool v4;
	int i, most;

	if (!get_string(r, value, &text))
		return false;
	slash = strchrnul(text, '/');
	v4 = !memchr(text, ':', slash - text);
	most = v4 ? 32 : 128;
	rule->bits = most;
	end = *slash ? get_number(slash + 1, most, &rule->bits) : slash;
	snprintf(addr, sizeof(addr), "%s%.*s", v4 ? "::ffff:" : "", (int)(slash - text), text);
	if (!end || *end || inet_pton(AF_INET6, addr, &rule->net) != 1)
		return bad(r, "'%s' is no network like 10.0.0.0/8 or fd00::/8", text);
	if (v4)
		rule->bits += 96;
	for (i = 0; i < rule->bits; i++)
		mask.s6_addr[i / 8] |= 0x80 >> i % 8;
	for (i = 0; i < 16; i++)
		if (rule->net.s6_addr[i] & ~mask.s6_addr[i])
			return bad(r, "'%s' has bits beyond its length", text);
	rule->has_net = true;
	return true;
}

static bool get_ports(struct reader *r, struct json_object *value, struct rule *rule)
{
	const char *text, *p;

	if (!get_string(r, value, &text))
		return false;
	p = get_number(text, 65535, &rule->port[0]);
	rule->port[1] = rule->port[0];
	if (p && *p == '-')
		p = get_number(p + 1, 65535, &rule->port[1]);
	if (!p || *p || rule->port[0] > rule->port[1])
		return bad(r, "'%s' are no ports like 80 or 1024-65535", text);
	rule->has_ports = true;
	return true;
}

static bool get_family(struct reader *r, struct json_object *value, struct rule *rule)
{
	const char *name;
	size_t i;

	if (!get_string(r, value, &name))
		return false;
	for (i = 0; i < sizeof(socket_families) / sizeof(*socket_families); i++) {
		if (!strcmp(name, socket_families[i].name)) {
			rule->socket_family = socket_families[i].family;
			return true;
		}
	}
	return bad(r, "unknown family '%s'", name);
}

static bool get_member(struct reader *r, const char *key, struct json_object *value,
		       struct rule *rule)
{
	if (!strcmp(key, "calls"))
		return get_calls(r, value, rule);
	if (!strcmp(key, "action"))
		return get_action(r, value, rule);
	if (!strcmp(key, "errno"))
		return get_errno(r, value, rule);
	if (!strcmp(key, "path"))
		return get_path(r, value, &rule->path);
	if (!strcmp(key, "to"))
		return get_path(r, value, &rule->to);
	if (!strcmp(key, "access"))
		return get_access(r, value, rule);
	if (!strcmp(key, "argv"))
		return get_argv(r, value, rule);
	if (!strcmp(key, "net"))
		return get_net(r, value, rule);
	if (!strcmp(key, "ports"))
		return get_ports(r, value, rule);
	if (!strcmp(key, "unix"))
		return get_path(r, value, &rule->unix_path);
	if (!strcmp(key, "abstract"))
		return copy_string(r, value, &rule->abstract);
	if (!strcmp(key, "family"))
		return get_family(r, value, rule);
	return bad(r, "unknown key '%s'", key);
}

/* Is what the rule says of one kind, and does it say what has to be said? */
static bool check_rule(struct reader *r, const struct rule *rule)
{
	bool net = rule->has_net || rule->has_ports || rule->unix_path ||
		   rule->abstract || rule->socket_family >= 0;

	if (rule->families & NET_FAMILIES && (rule->path || rule->access || rule->argv))
		return bad(r, "path, access and argv are not for calls with an address");
	if (rule->families & PATH_FAMILIES && net)
		return bad(r, "net, ports, unix, abstract and family are not for calls with a path");
	if (rule->access && rule->families != 1U << F_OPEN)
		return bad(r, "access is for open only");
	if (rule->argv && rule->families != 1U << F_EXEC)
		return bad(r, "argv is for exec only");
	if ((rule->action == DENY) != !!rule->error)
		return bad(r, "an errno goes with \"deny\", and only with that");
	if ((rule->action == REWRITE) != !!rule->to)
		return bad(r, "\"to\" goes with \"rewrite\", and only with that");
	if (rule->to && !rule->path)
		return bad(r, "\"rewrite\" wants a path");
	return true;
}

static bool get_rule(struct reader *r, struct json_object *value, struct rule *rule,
		     bool otherwise)
{
	bool action = false;

	rule->socket_family = -1;
	rule->line = json_line(r->text, r->step, r->depth);
	if (!json_object_is_type(value, json_type_object))
		return bad(r, "a rule like { \"calls\": ..., \"action\": ... } is expected here");
	json_object_object_foreach(value, key, member) {
		action |= !strcmp(key, "action");
		enter(r)->key = key;
		if (otherwise && strcmp(key, "action") && strcmp(key, "errno"))
			return bad(r, "'%s' can't be asked of everything", key);
		if (!get_member(r, key, member, rule))
			return false;
		r->depth--;
	}
	if (!action)
		return bad(r, "a rule without an action");
	if (!otherwise && !rule->families)
		return bad(r, "a rule without calls");
	return check_rule(r, rule);
}

static bool get_rules(struct reader *r, struct json_object *value, struct profile *profile)
{
	size_t i, n;

	if (!json_object_is_type(value, json_type_array))
		return bad(r, "\"rules\" is to be a list");
	n = json_object_array_length(value);
	profile->rules = calloc(n + 1, sizeof(*profile->rules));
	if (!profile->rules)
		return bad(r, "no memory");
	for (i = 0; i < n; i++) {
		enter(r)->index = i;
		profile->nr_rules = i + 1;
		if (!get_rule(r, json_object_array_get_idx(value, i), &profile->rules[i],
			      false))
			return false;
		r->depth--;
	}
	return true;
}

static bool get_reopen(struct reader *r, struct json_object *value, struct profile *profile)
{
	static const char *const words[] = {
		[REOPEN_DENY] = "deny", [REOPEN_START] = "start", [REOPEN_ALLOW] = "allow", NULL
	};
	int i;

	if (!get_word(r, value, words, &i))
		return false;
	profile->reopen = i;
	return true;
}

static bool get_parents(struct reader *r, struct json_object *value, struct profile *profile)
{
	static const char *const words[] = { "any", "fixed", NULL };
	int fixed;

	if (!get_word(r, value, words, &fixed))
		return false;
	profile->fixed_parents = fixed;
	return true;
}

static bool get_profile(struct reader *r, struct json_object *value,
			struct profile *profile)
{
	bool good = true;

	profile->otherwise.action = DENY;
	profile->otherwise.error = EPERM;
	profile->otherwise.socket_family = -1;
	profile->otherwise.line = json_line(r->text, r->step, r->depth);
	if (!json_object_is_type(value, json_type_object))
		return bad(r, "a profile like { \"rules\": [...] } is expected here");
	json_object_object_foreach(value, key, member) {
		enter(r)->key = key;
		if (!strcmp(key, "rules")) {
			good = get_rules(r, member, profile);
		} else if (!strcmp(key, "otherwise")) {
			profile->otherwise = (struct rule){};
			good = get_rule(r, member, &profile->otherwise, true);
		} else if (!strcmp(key, "reopen")) {
			good = get_reopen(r, member, profile);
		} else if (!strcmp(key, "parents")) {
			good = get_parents(r, member, profile);
		} else {
			good = bad(r, "unknown key '%s'", key);
		}
		if (!good)
			return false;
		r->depth--;
	}
	return true;
}

static bool get_profiles(struct reader *r, struct json_object *value,
			 struct policy *policy)
{
	struct profile *profile;

	if (!json_object_is_type(value, json_type_object))
		return bad(r, "\"profiles\" is to be an object");
	policy->profiles = calloc(json_object_object_length(value) + 1, sizeof(*profile));
	if (!policy->profiles)
		return bad(r, "no memory");
	json_object_object_foreach(value, key, member) {
		profile = &policy->profiles[policy->nr_profiles++];
		enter(r)->key = key;
		profile->name = strdup(key);
		if (!profile->name)
			return bad(r, "no memory");
		if (!get_profile(r, member, profile))
			return false;
		r->depth--;
	}
	return true;
}

static bool get_policy(struct reader *r, struct json_object *root, struct policy *policy)
{
	if (!json_object_is_type(root, json_type_object))
		return bad(r, "the policy is to be an object with \"profiles\"");
	json_object_object_foreach(root, key, value) {
		enter(r)->key = key;
		if (strcmp(key, "profiles"))
			return bad(r, "unknown key '%s'", key);
		if (!get_profiles(r, value, policy))
			return false;
		r->depth--;
	}
	return policy->profiles || bad(r, "no \"profiles\"");
}

/* Of two members with one name json-c keeps the last: which one was meant? */
static bool no_duplicates(struct reader *r, struct json_object *value)
{
	struct json_step *step;
	size_t i, n;

	if (r->depth == MAX_DEPTH)
		return bad(r, "nested too deeply");
	if (json_object_is_type(value, json_type_array)) {
		n = json_object_array_length(value);
		for (i = 0; i < n; i++) {
			enter(r)->index = i;
			if (!no_duplicates(r, json_object_array_get_idx(value, i)))
				return false;
			r->depth--;
		}
	}
	if (!json_object_is_type(value, json_type_object))
		return true;
	n = json_object_object_length(value);
	if (json_members(r->text, r->step, r->depth) != n)
		return bad(r, "a key stands twice in this object");
	step = enter(r);
	json_object_object_foreach(value, key, member) {
		step->key = key;
		if (!no_duplicates(r, member))
			return false;
	}
	r->depth--;
	return true;
}

static struct json_object *parse(struct reader *r, size_t len)
{
	struct json_tokener *tok = json_tokener_new_ex(MAX_DEPTH);
	struct json_object *root = NULL;
	size_t end, i;
	int line = 1;

	if (!tok) {
		bad(r, "no memory");
		return NULL;
	}
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	/* With the NUL: or else a number at the end could go on. */
	root = json_tokener_parse_ex(tok, r->text, len + 1);
	end = json_tokener_get_parse_end(tok);
	for (i = 0; i < end && i < len; i++)
		line += r->text[i] == '\n';
	if (!root || end < len) {
		fprintf(stderr, "%s:%d: %s\n", r->file, line,
			json_tokener_get_error(tok) == json_tokener_success ?
			"no object" : json_tokener_error_desc(json_tokener_get_error(tok)));
		json_object_put(root);
		root = NULL;
	}
	json_tokener_free(tok);
	return root;
}

/* Returns the length, or -1. */
static ssize_t read_file(struct reader *r)
{
	int fd = open(r->file, O_RDONLY | O_CLOEXEC);
	ssize_t len = 0, n = 1;

	while (fd >= 0 && n > 0 && len < MAX_FILE) {
		n = read(fd, r->text + len, MAX_FILE - len);
		len += n > 0 ? n : 0;
	}
	if (fd < 0 || n < 0)
		fprintf(stderr, "%s:0: %s\n", r->file, strerror(errno));
	else if (n > 0)
		fprintf(stderr, "%s:0: longer than %d bytes\n", r->file, MAX_FILE);
	else if (memchr(r->text, 0, len))
		fprintf(stderr, "%s:0: a NUL in it\n", r->file);
	else
		n = -2;
	if (fd >= 0)
		close(fd);
	return n == -2 ? len : -1;
}

struct policy *policy_load(const char *file)
{
	struct reader r = { .file = file, .text = calloc(1, MAX_FILE + 1) };
	struct policy *policy = calloc(1, sizeof(*policy));
	struct json_object *root = NULL;
	ssize_t len = -1;
	bool good;

	if (policy && r.text)
		len = read_file(&r);
	if (len >= 0)
		root = parse(&r, len);
	good = root && no_duplicates(&r, root) && get_policy(&r, root, policy);
	json_object_put(root);
	free(r.text);
	if (!good) {
		policy_free(policy);
		return NULL;
	}
	policy->refs = 1;
	return policy;
}
