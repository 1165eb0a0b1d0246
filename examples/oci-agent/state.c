// SPDX-License-Identifier: GPL-2.0
/*
 * What a runtime sends when it starts a container: the container process state
 * of the OCI runtime specification, as JSON, with descriptors beside the first
 * bytes.
 *
 * The message is complete when its JSON is. Some runtimes keep the connection
 * open in the container's first process until that executes its program, and
 * to do that it may need our answer: so its end is not waited for.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <json-c/json.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent.h"

#define MAX_STATE	(1 << 20)
#define MAX_FDS		253	/* of one message: the kernel's SCM_MAX_FD */
#define MAX_CONNECTIONS	64

struct connection {
	struct source source;
	struct connection *next;
	struct json_tokener *tok;
	size_t got;
	int fds[MAX_FDS];
	int nr_fds;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct connection *connections;	/* newest first */
static int nr_connections;

static struct json_object *get(struct json_object *from, const char *key,
			       enum json_type type)
{
	struct json_object *value;

	if (!json_object_object_get_ex(from, key, &value) ||
	    !json_object_is_type(value, type))
		return NULL;
	return value;
}

/* A name with a NUL in it is not the name that we would compare and log. */
static const char *get_string(struct json_object *from, const char *key)
{
	struct json_object *value = get(from, key, json_type_string);

	if (!value || strlen(json_object_get_string(value)) !=
		      (size_t)json_object_get_string_len(value))
		return NULL;
	return json_object_get_string(value);
}

/* Which of the descriptors is the listener? */
static int find_listener(struct json_object *state)
{
	struct json_object *fds = get(state, "fds", json_type_array), *name;
	size_t i;

	for (i = 0; fds && i < json_object_array_length(fds); i++) {
		name = json_object_array_get_idx(fds, i);
		if (json_object_is_type(name, json_type_string) &&
		    !strcmp(json_object_get_string(name), "seccompFd"))
			return i;
	}
	return -1;
}

/* Returns what is wrong, or NULL. */
static const char *take_state(struct connection *con, struct json_object *state,
			      const char **id)
{
	struct json_object *inner = get(state, "state", json_type_object);
	const char *metadata = get_string(state, "metadata");
	int i = find_listener(state);

	*id = inner ? get_string(inner, "id") : NULL;
	if (!*id || !**id)
		return "state without a container id";
	if (!metadata && json_object_object_get_ex(state, "metadata", NULL))
		return "metadata is no string";
	if (i < 0)
		return "state names no seccompFd";
	if (i >= con->nr_fds)
		return "no descriptor came with the state";
	/* Only a listener knows this call; none has a notification 0. */
	if (!seccomp_notify_id_valid(con->fds[i], 0) || errno != ENOENT)
		return "seccompFd is no seccomp listener";
	if (container_add(con->fds[i], *id, metadata ?: ""))
		return "no memory";
	con->fds[i] = -1;
	log_event(*id, "start", metadata);
	return NULL;
}

static void close_connection(struct connection *con)
{
	struct connection **p;
	int i;

	source_remove(&con->source);
	pthread_mutex_lock(&lock);
	for (p = &connections; *p != con; p = &(*p)->next)
		;
	*p = con->next;
	nr_connections--;
	pthread_mutex_unlock(&lock);
	for (i = 0; i < con->nr_fds; i++)
		if (con->fds[i] >= 0)
			close(con->fds[i]);
	close(con->source.fd);
	json_tokener_free(con->tok);
	free(con);
}

static void refuse(const char *id, const char *why)
{
	warnx("state refused: %s", why);
	log_event(id, "refused", why);
}

/* Take the descriptors of one message. Returns what is wrong, or NULL. */
static const char *take_fds(struct connection *con, struct msghdr *msg)
{
	struct cmsghdr *cmsg;
	int fds[MAX_FDS], n, i;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(cmsg), n * sizeof(int));
		for (i = 0; i < n; i++) {
			if (con->nr_fds < MAX_FDS)
				con->fds[con->nr_fds++] = fds[i];
			else
				close(fds[i]);
		}
	}
	return msg->msg_flags & MSG_CTRUNC ? "more descriptors than we can hold" : NULL;
}

/* Returns false when there is nothing more to come. */
static bool take_text(struct connection *con, const char *text, size_t len)
{
	const char *why = NULL, *id = NULL;
	enum json_tokener_error error;
	struct json_object *state;

	con->got += len;
	state = json_tokener_parse_ex(con->tok, text, len);
	error = json_tokener_get_error(con->tok);
	if (error == json_tokener_continue) {
		if (con->got < MAX_STATE)
			return true;
		why = "state is too long";
	} else if (error != json_tokener_success) {
		why = json_tokener_error_desc(error);
	} else {
		/* Which is NULL if the text was "null". */
		why = take_state(con, state, &id);
	}
	if (why)
		refuse(id, why);
	json_object_put(state);
	return false;
}

static bool receive(struct connection *con)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(MAX_FDS * sizeof(int)) + CMSG_SPACE(64)];
	} control;
	char text[4096];
	struct iovec iov = { text, sizeof(text) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	const char *why;
	ssize_t n = recvmsg(con->source.fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	why = take_fds(con, &msg);
	if (!n)
		why = con->got ? "state is cut short" : "connection without a state";
	if (why) {
		refuse(NULL, why);
		return false;
	}
	return take_text(con, text, n);
}

static void connection_event(struct source *source, uint32_t events)
{
	struct connection *con = (struct connection *)source;

	(void)events;
	if (receive(con))
		source_arm(source);
	else
		close_connection(con);
}

/* Who connects and stalls has to go when others come: it sees the end, as do we. */
static void drop_oldest(void)
{
	struct connection *con = connections;

	while (con && con->next)
		con = con->next;
	if (con)
		shutdown(con->source.fd, SHUT_RDWR);
}

static void add_connection(int fd)
{
	struct connection *con = calloc(1, sizeof(*con));

	if (con)
		con->tok = json_tokener_new();
	if (!con || !con->tok) {
		free(con);
		close(fd);
		return;
	}
	con->source = (struct source){ .fd = fd, .event = connection_event };
	pthread_mutex_lock(&lock);
	if (nr_connections >= MAX_CONNECTIONS)
		drop_oldest();
	con->next = connections;
	connections = con;
	nr_connections++;
	pthread_mutex_unlock(&lock);
	if (source_add(&con->source))
		close_connection(con);
}

static void listen_event(struct source *source, uint32_t events)
{
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd >= 0) {
		add_connection(fd);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		/* No descriptors left: others may end meanwhile. */
		warn("accept");
		usleep(100000);
	}
	source_arm(source);
}

int state_listen(const char *path)
{
	static struct source source = { .event = listen_event };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	mode_t mask;
	int error;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	source.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (source.fd < 0)
		return -errno;
	/* Left by one that was killed, if nobody answers there. */
	if (!connect(source.fd, (struct sockaddr *)&addr, sizeof(addr)))
		return -EADDRINUSE;
	if (errno == ECONNREFUSED)
		unlink(path);
	/* Whoever may connect may have calls answered in a container's name. */
	mask = umask(0177);
	error = bind(source.fd, (struct sockaddr *)&addr, sizeof(addr)) ||
		listen(source.fd, SOMAXCONN) ? -errno : 0;
	umask(mask);
	return error ?: source_add(&source);
}
