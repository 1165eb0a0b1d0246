// SPDX-License-Identifier: GPL-2.0
/*
 * The calls of a container: receive, decide, answer, log.
 *
 * Whatever happens on the way, a call that was received is answered, and what
 * is not known to be right is answered with an error. When the agent ends, the
 * kernel lets the calls that wait, and all later ones, fail with ENOSYS.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent.h"

/*
 * Calls of one container that may be in work at once. More than one, since to
 * decide about the first may need a file server that runs in the container.
 */
#define MAX_BUSY	8

/* Rows are of the numbers that we were compiled with. */
#if defined(__x86_64__) && defined(__LP64__)
#define NATIVE_ARCH	AUDIT_ARCH_X86_64
#endif

/* What a thread works with, kept from call to call. */
struct desk {
	struct seccomp_notif *req;
	size_t req_size;
	struct seccomp_notif_resp *resp;
	struct call call;
};

static pthread_key_t desk_key;
static pthread_once_t desk_once = PTHREAD_ONCE_INIT;

static void free_desk(void *data)
{
	struct desk *desk = data;

	seccomp_notify_free(desk->req, desk->resp);
	free(desk);
}

static void make_desk_key(void)
{
	pthread_key_create(&desk_key, free_desk);
}

static struct desk *make_desk(void)
{
	struct desk *desk = malloc(sizeof(*desk));
	struct seccomp_notif_sizes sizes;

	if (!desk)
		return NULL;
	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) ||
	    seccomp_notify_alloc(&desk->req, &desk->resp)) {
		free(desk);
		return NULL;
	}
	desk->req_size = sizes.seccomp_notif;
	if (pthread_setspecific(desk_key, desk)) {
		free_desk(desk);
		return NULL;
	}
	return desk;
}

static struct desk *get_desk(void)
{
	struct desk *desk;

	pthread_once(&desk_once, make_desk_key);
	desk = pthread_getspecific(desk_key) ?: make_desk();
	/* It will come again. */
	if (!desk)
		usleep(100000);
	return desk;
}

/* All but the large fields, which are written before they are read. */
static void start_call(struct call *call, struct container *con, struct seccomp_notif *req,
		       const struct policy *policy)
{
	call->con = con;
	call->req = req;
	call->profile = policy_profile(policy, con->metadata);
	call->row = NULL;
	call->untouched = false;
	memset(&call->how, 0, sizeof(call->how));
	call->rule = NULL;
	call->why = NULL;
	call->verdict = NULL;
	call->error = 0;
	call->paths = 0;
	*call->address = 0;
	call->argv = NULL;
	call->page_addr = NO_PAGE;
	call->text_used = 0;
	*call->path[0].name = 0;
	*call->path[1].name = 0;
}

static int decide(struct call *call)
{
	if (call->req->data.arch != NATIVE_ARCH) {
		call->why = "not a native call";
		return -ENOSYS;
	}
	call->row = find_row(call->req->data.nr);
	if (!call->row) {
		call->why = "not served";
		return -ENOSYS;
	}
	return call->row->decide(call);
}

/* ---- Answers: 0 or a negative errno, and then none was given ---- */

static int respond(struct desk *desk, const struct seccomp_notif_resp *resp)
{
	*desk->resp = *resp;
	errno = 0;
	if (!seccomp_notify_respond(desk->call.con->source.fd, desk->resp))
		return 0;
	return errno ? -errno : -EINVAL;
}

static int answer_deny(struct desk *desk, int error)
{
	struct seccomp_notif_resp resp = { .id = desk->req->id, .error = error };

	desk->call.verdict = "deny";
	desk->call.error = error;
	return respond(desk, &resp);
}

static int answer_continue(struct desk *desk)
{
	struct seccomp_notif_resp resp = {
		.id = desk->req->id,
		.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};

	desk->call.verdict = "continue";
	return respond(desk, &resp);
}

static int answer_inject(struct desk *desk)
{
	struct seccomp_notif_resp resp;

	desk->call.verdict = "inject";
	if (inject_reply(&desk->call.in, desk->req->id, &resp)) {
		desk->call.why = "longer than the buffer";
		return -E2BIG;
	}
	return respond(desk, &resp);
}

/* Open it ourselves, on our credentials, and put the descriptor into the target. */
static int answer_addfd(struct desk *desk)
{
	struct call *call = &desk->call;
	struct open_how how = call->how;
	struct seccomp_notif_addfd addfd = {
		.id = desk->req->id,
		.flags = SECCOMP_ADDFD_FLAG_SEND,
		.newfd_flags = how.flags & O_CLOEXEC,
	};
	const char *name = call->path[0].name + strspn(call->path[0].name, "/");
	int root = open_root(call), fd, error;

	if (root < 0)
		return root;
	/* Of another task by now, where we would create files? */
	if (seccomp_notify_id_valid(call->con->source.fd, addfd.id)) {
		close(root);
		return -ENOENT;
	}
	how.flags |= O_CLOEXEC;
	how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH;
	fd = syscall(SYS_openat2, root, *name ? name : ".", &how, sizeof(how));
	error = fd < 0 ? -errno : 0;
	close(root);
	if (error)
		return error;
	call->verdict = "addfd";
	addfd.srcfd = fd;
	if (ioctl(call->con->source.fd, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd) < 0)
		error = -errno;
	close(fd);
	return error;
}

static int answer_allowed(struct desk *desk)
{
	struct call *call = &desk->call;

	if (call->untouched)
		return answer_continue(desk);
	switch (mode) {
	case MODE_ADDFD:
		if (call->in.req.nr == SYS_openat2 && call->path[0].kind == NAMED)
			return answer_addfd(desk);
		return answer_inject(desk);
	case MODE_INJECT:
		return answer_inject(desk);
	case MODE_CONTINUE:
		if (!call->rule || call->rule->action != REWRITE)
			return answer_continue(desk);
		break;
	case MODE_DENY:
		break;
	}
	call->why = "can't be carried out in this mode";
	return answer_deny(desk, -EPERM);
}

/* Codes that tell of the agent and not of the call stay with the agent. */
static int as_seen_by_target(int error)
{
	return error == -EOPNOTSUPP || error == -EBUSY ? -EPERM : error;
}

static void answer(struct desk *desk, int error)
{
	struct call *call = &desk->call;
	bool allowed = !error;

	error = error ? answer_deny(desk, error) : answer_allowed(desk);
	if (error && error != -ENOENT && error != -EINPROGRESS) {
		call->why = call->why ?: "the kernel refused the request";
		error = answer_deny(desk, as_seen_by_target(error));
	} else if (error == -ENOENT && allowed && mode == MODE_ADDFD) {
		/* It is the file that is not there, perhaps. */
		error = answer_deny(desk, error);
	}
	if (error) {
		call->verdict = "gone";
		call->error = error;
	}
}

static void serve(struct desk *desk, struct container *con)
{
	struct policy *policy = policy_get();
	struct call *call = &desk->call;
	int error;

	start_call(call, con, desk->req, policy);
	error = decide(call);
	/* Before the answer: what it lets run is the container's own program. */
	if (!error && call->row->family == F_EXEC)
		__atomic_store_n(&con->started, true, __ATOMIC_RELEASE);
	answer(desk, error);
	log_call(call);
	policy_put(policy);
}

/* ---- Containers ---- */

static void put_container(struct container *con)
{
	bool last;

	pthread_mutex_lock(&con->lock);
	last = !--con->refs;
	pthread_mutex_unlock(&con->lock);
	if (!last)
		return;
	log_event(con->id, "end", NULL);
	close(con->source.fd);
	pthread_mutex_destroy(&con->lock);
	free(con->id);
	free(con->metadata);
	free(con);
}

/* Let other threads take the next call, unless too many are at it already. */
static void begin_work(struct container *con)
{
	pthread_mutex_lock(&con->lock);
	con->refs++;
	con->armed = ++con->busy < MAX_BUSY;
	if (con->armed)
		source_arm(&con->source);
	pthread_mutex_unlock(&con->lock);
}

static void end_work(struct container *con)
{
	pthread_mutex_lock(&con->lock);
	con->busy--;
	if (!con->armed)
		source_arm(&con->source);
	con->armed = true;
	pthread_mutex_unlock(&con->lock);
	put_container(con);
}

/* Of the kernel's size: it refuses what is not 0 before. */
static int receive(struct desk *desk, int listener)
{
	memset(desk->req, 0, desk->req_size);
	errno = 0;
	if (!seccomp_notify_receive(listener, desk->req))
		return 0;
	if (errno != ENOENT && errno != EINTR) {
		warn("receive");
		usleep(100000);
	}
	return -1;
}

static void container_event(struct source *source, uint32_t events)
{
	struct container *con = (struct container *)source;
	struct desk *desk;

	if (!(events & EPOLLIN)) {
		/* The last task has gone. */
		source_remove(source);
		put_container(con);
		return;
	}
	desk = get_desk();
	if (!desk || receive(desk, source->fd)) {
		source_arm(source);
		return;
	}
	begin_work(con);
	serve(desk, con);
	end_work(con);
}

int container_add(int listener, const char *id, const char *metadata)
{
	struct container *con = calloc(1, sizeof(*con));

	if (!con)
		return -ENOMEM;
	con->source = (struct source){ .fd = listener, .event = container_event };
	con->id = strdup(id);
	con->metadata = strdup(metadata);
	con->refs = 1;
	con->armed = true;
	pthread_mutex_init(&con->lock, NULL);
	/* It takes the listener with it: calls fail closed. */
	if (!con->id || !con->metadata || source_add(&con->source))
		put_container(con);
	return 0;
}
