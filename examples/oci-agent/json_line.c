// SPDX-License-Identifier: GPL-2.0
/*
 * On which line of a JSON text something is, and how often: json-c does not tell. The text has
 * been parsed before, so that it is known to be sound.
 */
#include <string.h>

#include "policy_file.h"

static const char *blanks(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* The end of the string that begins at @p. */
static const char *skip_string(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p ? p + 1 : p;
}

static const char *skip_value(const char *p)
{
	int depth = 0;

	do {
		if (*p == '"') {
			p = skip_string(p);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if (*p == '}' || *p == ']')
			depth--;
		if (!strchr("{}[]", *p) && !depth)
			return p + strcspn(p, " \t\r\n,]}");
		if (*p)
			p++;
	} while (*p && depth);
	return p;
}

static bool is_key(const char *p, const char *key)
{
	size_t len = strlen(key);

	return !strncmp(p + 1, key, len) && p[1 + len] == '"';
}

/*
 * From the start of an object or array to that of one of its values, or to its
 * end. @count: how many it passed.
 */
static const char *into(const char *p, const struct json_step *step, size_t *count)
{
	bool object = *p == '{', found;

	p = blanks(p + 1);
	for (*count = 0; *p && *p != '}' && *p != ']'; ++*count) {
		found = step->key ? object && is_key(p, step->key) : *count == step->index;
		if (object)
			p = blanks(blanks(skip_string(p)) + 1);
		if (found)
			return p;
		p = blanks(skip_value(p));
		if (*p == ',')
			p = blanks(p + 1);
	}
	return p;
}

static const char *find(const char *text, const struct json_step *steps, int depth)
{
	const char *p = blanks(text);
	size_t count;
	int i;

	for (i = 0; i < depth; i++)
		p = into(p, &steps[i], &count);
	return p;
}

int json_line(const char *text, const struct json_step *steps, int depth)
{
	const char *p = find(text, steps, depth);
	int line = 1;

	for (; text < p; text++)
		line += *text == '\n';
	return line;
}

size_t json_members(const char *text, const struct json_step *steps, int depth)
{
	const struct json_step none = { .index = -1 };
	size_t count;

	into(find(text, steps, depth), &none, &count);
	return count;
}
