/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _OCI_AGENT_POLICY_H
#define _OCI_AGENT_POLICY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* What a rule's "calls" names. policy_file.c has the names. */
enum family {
	F_OPEN, F_EXEC, F_MKDIR, F_UNLINK, F_RENAME, F_CHMOD, F_CHOWN, F_UTIME,
	F_STAT, F_CHDIR, F_XATTR,
	F_CONNECT, F_BIND, F_SENDTO, F_SENDMSG,
	NR_FAMILIES
};

#define PATH_FAMILIES	((1U << F_CONNECT) - 1)
#define NET_FAMILIES	(((1U << NR_FAMILIES) - 1) & ~PATH_FAMILIES)

enum action { ALLOW, DENY, REWRITE };
enum access { ACCESS_ANY, ACCESS_READ = 1, ACCESS_WRITE = 2, ACCESS_BOTH = 3 };

/* May what has no name be opened again? */
enum reopen { REOPEN_DENY, REOPEN_START, REOPEN_ALLOW };

/* Where a call wants to send, connect or bind to. */
struct address {
	int family;
	struct in6_addr ip;		/* IPv4 as ::ffff:a.b.c.d */
	int port;
	const char *path;		/* of a Unix socket: its name, or NULL */
	const char *abstract;		/* without the NUL in front */
	size_t abstract_len;
};

struct rule {
	int line;
	unsigned int families;		/* 1 << F_... */
	enum action action;
	int error;
	/* What has to match, unless it is not there */
	char *path;			/* itself and what is beneath */
	enum access access;
	char **argv;			/* patterns, ended by NULL */
	bool argv_more;
	bool has_net;
	struct in6_addr net;
	int bits;
	bool has_ports;
	int port[2];
	char *unix_path;
	char *abstract;
	int socket_family;		/* -1: any */
	/* What to put in the place of path */
	char *to;
};

struct profile {
	char *name;
	struct rule *rules;
	int nr_rules;
	struct rule otherwise;
	enum reopen reopen;
	bool fixed_parents;
};

struct policy;

/* Returns NULL, having said why on stderr as FILE:LINE: REASON. */
struct policy *policy_load(const char *file);

void policy_set(struct policy *policy);
struct policy *policy_get(void);
void policy_put(struct policy *policy);

/* That of @name, or else "default", or else one that denies everything. */
const struct profile *policy_profile(const struct policy *policy, const char *name);

/* The first rule that matches, or what the profile says otherwise. */
const struct rule *match_path(const struct profile *profile, enum family family,
			      const char *path, enum access access,
			      const char *const *argv);

/*
 * Around which rule would it lead to rename or link @path[0] to @path[1], of which
 * each may be NULL, what has no name? Names lead around what denies or rewrites
 * either, what is beneath, or a directory above. Where the rest is denied they
 * do so by getting what is outside of something allowed into it.
 */
const struct rule *match_guard(const struct profile *profile, const char *const *path);

/* Is there a program that a rule about exec, or what is said otherwise, denies? */
bool denies_programs(const struct profile *profile);

const struct rule *match_address(const struct profile *profile, enum family family,
				 const struct address *to);

/* Does @path lie beneath @dir, or is it @dir? */
bool beneath(const char *dir, const char *path);

#endif
