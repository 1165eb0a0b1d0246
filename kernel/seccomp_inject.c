// SPDX-License-Identifier: GPL-2.0
/*
 * Substituting a trapped system call from the seccomp listener.
 *
 * The listener's SEND copies the request and checks it (copy_request), hands it
 * to the trapped task under the filter's notify_lock, and returns. All else is
 * done by that task itself, on its own credentials:
 *
 *	seccomp_do_user_notification()	woken by the reply
 *	  seccomp_inject_redirect()	bytes into an area of its mm, number and
 *					arguments into its registers
 *	__seccomp_filter()		its filters rule over the substituted
 *					call; where one refuses,
 *	  seccomp_inject_undo()		puts the original call back at once
 *	...the call...
 *	syscall_exit_work()
 *	  seccomp_inject_exit()		puts the original call back, keeps the
 *					result
 *
 * The undo is exit work because only there the result is final and nothing has
 * looked at the registers: neither a tracer nor the signal code, which on some
 * architectures prepares a restart before it runs task work.
 */
#include <linux/audit.h>
#include <linux/cleanup.h>
#include <linux/compat.h>
#include <linux/err.h>
#include <linux/hashtable.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/ptrace.h>
#include <linux/refcount.h>
#include <linux/restart_block.h>
#include <linux/sched.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <asm/syscall.h>
#include <asm/unistd.h>

#include "seccomp_inject.h"

#define AREA_PAGES	DIV_ROUND_UP(SECCOMP_NOTIF_INJECT_BUF_MAX, PAGE_SIZE)

/**
 * struct seccomp_inject_request - what the listener wants to be run
 * @call: row of the table for @inj.nr
 * @home: what the filter keeps: it outlives the request
 * @inj: the supervisor's structure, copied once
 * @size: bytes that @buf has room for
 * @used: bytes to wipe in @buf
 * @buf: the supervisor's buffer, copied once
 *
 * Belongs to SEND until the reply is committed, then to the notification, then
 * to the target, which frees it before the call runs.
 */
struct seccomp_inject_request {
	const struct seccomp_inject_call *call;
	struct seccomp_inject_filter *home;
	struct seccomp_notif_inject inj;
	u32 size;
	u32 used;
	u8 buf[] __counted_by(size);
};

/* Requests up to this size leave their memory to the next one. */
#define SPARE_SIZE	PATH_MAX

/**
 * struct inject_pool - the areas of one mm
 * @mm: held with mmgrab(), so that no later mm can have this address; NULL once
 *      its mappings are gone: a task that went on to another mm, and remembers
 *      the pool, keeps nothing else alive. So only who gets an area remembers it.
 * @node: in @pools while @mm is not NULL
 * @refs: one for each area, one for each task that remembers the pool
 * @lock: protects @free, and @mapped and @busy of the areas
 * @free: mapped areas that no task uses, those of one page first
 */
struct inject_pool {
	struct mm_struct *mm;
	struct hlist_node node;
	refcount_t refs;
	spinlock_t lock;	/* free list, and two flags of the areas */
	struct list_head free;
};

/**
 * struct inject_area - kernel memory that the tasks of an mm can read
 * @mapping: names it in /proc/PID/maps; its callbacks find the area by it
 * @pool: where it belongs; the area holds a reference
 * @node: in @pool->free while @mapped and not @busy
 * @mapped: false from exit_mmap() on
 * @busy: a task has it
 * @addr: where it is mapped
 * @nr_pages: how many @pages there are; the rest of the mapping gives SIGBUS.
 *            Only the task that has the area makes it grow.
 * @nr_present: how many of them all users of @addr find without a fault
 * @pages: what backs it, zero but for a request that is running
 *
 * Every area spans the largest buffer and one page more, and gets pages as
 * requests need them: so the number of mappings is that of the calls that were
 * ever in flight at once, whatever their sizes. Nothing unmaps an area before
 * exit_mmap(): the mmap lock can be held for ever by a thread that sleeps in a
 * fault, which a task on its way out must not wait for, and the map count would
 * be taken off the wrong mm where it isn't current's. Freed when neither
 * @mapped nor @busy.
 *
 * No task can get at an area but to read it: without VM_WRITE and VM_MAYWRITE
 * neither mprotect() nor FOLL_FORCE can write it; VM_SEALED keeps it where it
 * is; VM_PFNMAP keeps its pages from being pinned or spliced.
 */
struct inject_area {
	struct vm_special_mapping mapping;
	struct inject_pool *pool;
	struct list_head node;
	bool mapped;
	bool busy;
	unsigned long addr;
	unsigned int nr_pages;
	unsigned int nr_present;
	u8 *pages[AREA_PAGES];
};

/**
 * enum inject_phase - where a task is with a substituted call
 * @INJECT_NONE: it has none
 * @INJECT_REDIRECTED: its registers hold the substituted call
 * @INJECT_VOID: they did, until a tracer put a call of its own there
 */
enum inject_phase {
	INJECT_NONE,
	INJECT_REDIRECTED,
	INJECT_VOID,
};

/* Number and arguments of a call, as registers hold them. */
struct inject_regs {
	int nr;
	unsigned long args[SECCOMP_INJECT_ARGS];
};

/**
 * struct seccomp_inject - a task's state, from its first substituted call on
 * @phase: where it is
 * @pool: where the task last got an area, or NULL
 * @area: the one that it uses, NULL when the call has nothing in the buffer
 * @used: bytes to wipe in @area
 * @approver: filter whose listener answered. It can't go away: filters stay
 *            attached as long as the task lives. Only compared.
 * @trapped: the original call
 * @shown: the substituted call, while a tracer may change it
 *
 * Only used by the task itself.
 */
struct seccomp_inject {
	enum inject_phase phase;
	struct inject_pool *pool;
	struct inject_area *area;
	u32 used;
	const struct seccomp_filter *approver;
	struct inject_regs trapped;
	struct inject_regs shown;
};

static DEFINE_SPINLOCK(pools_lock);
/* Pools by mm, under pools_lock. */
static DEFINE_HASHTABLE(pools, 8);

static struct inject_pool *pool_find(struct mm_struct *mm)
{
	struct inject_pool *pool;

	lockdep_assert_held(&pools_lock);
	hash_for_each_possible(pools, pool, node, (unsigned long)mm) {
		if (pool->mm == mm) {
			refcount_inc(&pool->refs);
			return pool;
		}
	}
	return NULL;
}

/* Find or make the pool of current's mm and take a reference. */
static struct inject_pool *pool_get(void)
{
	struct inject_pool *new __free(kfree) = NULL;
	struct inject_pool *pool;

	scoped_guard(spinlock, &pools_lock)
		pool = pool_find(current->mm);
	if (pool)
		return pool;

	new = kzalloc_obj(*new, GFP_KERNEL_ACCOUNT);
	if (!new)
		return NULL;
	refcount_set(&new->refs, 1);
	spin_lock_init(&new->lock);
	INIT_LIST_HEAD(&new->free);

	guard(spinlock)(&pools_lock);
	/* A thread, or a vfork child, may have been faster. */
	pool = pool_find(current->mm);
	if (pool)
		return pool;
	mmgrab(current->mm);
	new->mm = current->mm;
	hash_add(pools, &new->node, (unsigned long)new->mm);
	return no_free_ptr(new);
}

/* No task with this mm is left, or will be. */
static void pool_retire(struct inject_pool *pool)
{
	struct mm_struct *mm;

	/* Once for all areas of an mm. */
	if (!READ_ONCE(pool->mm))
		return;
	scoped_guard(spinlock, &pools_lock) {
		mm = pool->mm;
		WRITE_ONCE(pool->mm, NULL);
		if (mm)
			hash_del(&pool->node);
	}
	if (mm)
		mmdrop(mm);
}

static void pool_put(struct inject_pool *pool)
{
	if (!pool || !refcount_dec_and_lock(&pool->refs, &pools_lock))
		return;
	if (pool->mm)
		hash_del(&pool->node);
	spin_unlock(&pools_lock);
	if (pool->mm)
		mmdrop(pool->mm);
	kfree(pool);
}

/* Is it that of an mm that current has left, by exec? */
static bool pool_is_stale(const struct inject_pool *pool)
{
	/* May be retired at any time, but never while it is current's. */
	return pool && READ_ONCE(pool->mm) != current->mm;
}

static void area_free(struct inject_area *area)
{
	while (area->nr_pages)
		free_page((unsigned long)area->pages[--area->nr_pages]);
	pool_put(area->pool);
	kfree(area);
}

static vm_fault_t area_fault(const struct vm_special_mapping *sm,
			     struct vm_area_struct *vma, struct vm_fault *vmf)
{
	struct inject_area *area = container_of(sm, struct inject_area, mapping);
	/* Pairs with area_grow(). */
	unsigned int i, nr = smp_load_acquire(&area->nr_pages);
	vm_fault_t ret;

	if (vmf->pgoff >= nr)
		return VM_FAULT_SIGBUS;
	for (i = 0; i < nr; i++) {
		ret = vmf_insert_pfn(vma, vma->vm_start + i * PAGE_SIZE,
				     PHYS_PFN(__pa(area->pages[i])));
		if (ret & VM_FAULT_ERROR)
			return ret;
	}
	return VM_FAULT_NOPAGE;
}

static int area_mremap(const struct vm_special_mapping *sm,
		       struct vm_area_struct *new_vma)
{
	return -EPERM;
}

/* From exit_mmap(), after which no page table refers to the pages. */
static void area_close(const struct vm_special_mapping *sm,
		       struct vm_area_struct *vma)
{
	struct inject_area *area = container_of(sm, struct inject_area, mapping);
	bool busy;

	pool_retire(area->pool);
	scoped_guard(spinlock, &area->pool->lock) {
		area->mapped = false;
		busy = area->busy;
		if (!busy)
			list_del(&area->node);
	}
	if (!busy)
		area_free(area);
}

static int area_map(struct inject_area *area)
{
	const unsigned long len = (AREA_PAGES + 1) * PAGE_SIZE;
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	unsigned long addr;
	int ret = -ENOMEM;

	if (mmap_write_lock_killable(mm))
		return -EINTR;

	/* What _install_special_mapping() leaves to its callers. */
	if (mm->total_vm + (len >> PAGE_SHIFT) > rlimit(RLIMIT_AS) >> PAGE_SHIFT)
		goto out;
	addr = get_unmapped_area(NULL, 0, len, 0, 0);
	if (IS_ERR_VALUE(addr))
		goto out;
	vma = _install_special_mapping(mm, addr, len, VM_READ | VM_MAYREAD |
				       VM_DONTCOPY | VM_DONTDUMP | VM_IO |
				       VM_PFNMAP | VM_SEALED, &area->mapping);
	if (IS_ERR(vma)) {
		ret = PTR_ERR(vma);
		goto out;
	}
	area->addr = addr;
	ret = 0;
out:
	mmap_write_unlock(mm);
	return ret;
}

static struct inject_area *area_make(struct inject_pool *pool)
{
	struct inject_area *area;
	int ret;

	area = kzalloc_obj(*area, GFP_KERNEL_ACCOUNT);
	if (!area)
		return ERR_PTR(-ENOMEM);
	area->mapping.name = "[seccomp_inject]";
	area->mapping.fault = area_fault;
	area->mapping.mremap = area_mremap;
	area->mapping.close = area_close;
	area->mapped = true;
	area->busy = true;
	refcount_inc(&pool->refs);
	area->pool = pool;

	ret = area_map(area);
	if (ret) {
		area_free(area);
		return ERR_PTR(ret);
	}
	return area;
}

/* Give an area back: from the exit of a call, or of the task that made it. */
static void area_put(struct inject_area *area)
{
	bool mapped;

	scoped_guard(spinlock, &area->pool->lock) {
		area->busy = false;
		mapped = area->mapped;
		if (mapped && area->nr_pages > 1)
			list_add_tail(&area->node, &area->pool->free);
		else if (mapped)
			list_add(&area->node, &area->pool->free);
	}
	if (!mapped)
		area_free(area);
}

static int area_grow(struct inject_area *area, u32 size)
{
	while (size > area->nr_pages * PAGE_SIZE) {
		u8 *page = (u8 *)get_zeroed_page(GFP_KERNEL_ACCOUNT);

		if (!page)
			return -ENOMEM;
		area->pages[area->nr_pages] = page;
		/* Pairs with area_fault(), in any thread. */
		smp_store_release(&area->nr_pages, area->nr_pages + 1);
	}
	/* BPF programs look at arguments, and can't fault. */
	if (area->nr_present < area->nr_pages &&
	    !fault_in_readable((const char __user *)area->addr +
			       area->nr_pages * PAGE_SIZE - 1, 1))
		area->nr_present = area->nr_pages;
	return 0;
}

/*
 * A free area, for @size bytes. What fits into a page takes one that has not
 * grown, if it can, or in the end every area would be as large as the largest.
 */
static struct inject_area *area_take(struct inject_pool *pool, u32 size)
{
	struct inject_area *area;

	guard(spinlock)(&pool->lock);
	if (list_empty(&pool->free))
		return NULL;
	if (size > PAGE_SIZE)
		area = list_last_entry(&pool->free, struct inject_area, node);
	else
		area = list_first_entry(&pool->free, struct inject_area, node);
	list_del(&area->node);
	area->busy = true;
	return area;
}

/* Get an area of current's mm for @size bytes. */
static struct inject_area *area_get(struct inject_pool *pool, u32 size)
{
	struct inject_area *area = area_take(pool, size);
	int ret;

	if (!area)
		area = area_make(pool);
	if (IS_ERR(area))
		return area;

	/* One page at the least, for an empty range to have an address. */
	ret = area_grow(area, max(size, 1U));
	if (ret) {
		area_put(area);
		return ERR_PTR(ret);
	}
	return area;
}

static void area_write(struct inject_area *area, const u8 *from, u32 size)
{
	u8 **page = area->pages;

	for (; size > PAGE_SIZE; size -= PAGE_SIZE, from += PAGE_SIZE)
		memcpy(*page++, from, PAGE_SIZE);
	memcpy(*page, from, size);
}

static void area_wipe(struct inject_area *area, u32 size)
{
	u8 **page = area->pages;

	for (; size > PAGE_SIZE; size -= PAGE_SIZE)
		memset(*page++, 0, PAGE_SIZE);
	memset(*page, 0, size);
}

static struct seccomp_inject_request *
request_init(struct seccomp_inject_request *req,
	     struct seccomp_inject_filter *home, u32 size)
{
	if (req) {
		req->home = home;
		req->size = size;
		req->used = 0;
	}
	return req;
}

static struct seccomp_inject_request *
request_take(struct seccomp_inject_filter *home)
{
	struct seccomp_inject_request *req = xchg(&home->spare, NULL);

	if (req)
		return req;
	req = kmalloc_flex(*req, buf, SPARE_SIZE, GFP_KERNEL_ACCOUNT);
	return request_init(req, home, SPARE_SIZE);
}

/* The structure, and what can be said of it alone. */
static int request_copy_struct(struct seccomp_inject_request *req,
			       const struct seccomp_notif_resp *resp)
{
	struct seccomp_notif_inject *inj = &req->inj;
	u64 from = resp->val;

	if (copy_from_user(inj, u64_to_user_ptr(from), sizeof(*inj)))
		return -EFAULT;
	if (inj->id != resp->id ||
	    inj->args_in_buf_mask >= BIT(SECCOMP_INJECT_ARGS))
		return -EINVAL;
	if (inj->buf_size > SECCOMP_NOTIF_INJECT_BUF_MAX)
		return -E2BIG;
	req->call = seccomp_inject_lookup(inj->nr);
	return req->call ? 0 : -EOPNOTSUPP;
}

/* A request for the same structure and a buffer that @req has no room for. */
static struct seccomp_inject_request *
request_enlarge(struct seccomp_inject_request *req)
{
	struct seccomp_inject_request *large;

	large = kvmalloc_flex(*large, buf, req->inj.buf_size,
			      GFP_KERNEL_ACCOUNT);
	if (request_init(large, req->home, req->inj.buf_size)) {
		large->call = req->call;
		large->inj = req->inj;
	}
	seccomp_inject_free_request(req);
	return large;
}

static int request_copy_buf(struct seccomp_inject_request *req)
{
	const struct seccomp_notif_inject *inj = &req->inj;

	req->used = inj->buf_size;
	if (copy_from_user(req->buf, u64_to_user_ptr(inj->buf), inj->buf_size))
		return -EFAULT;
	return seccomp_inject_check(req->call, inj, req->buf);
}

/**
 * seccomp_inject_copy_request - copy a reply's request and check it
 * @resp: the reply, with SECCOMP_USER_NOTIF_FLAG_INJECTED set
 * @filter: part of the filter whose listener sends it
 *
 * The supervisor's memory is read here, once, and never again. Sleeps, for as
 * long as that memory likes: call it without a lock.
 *
 * Return: the request, for seccomp_inject_free_request(), or an ERR_PTR:
 * -EFAULT (@resp->val is 0, or the structure or the buffer can't be read),
 * -EINVAL (other flags, an error, another id, reserved bits of the mask, or
 * what seccomp_inject_check() says), -E2BIG (the buffer is too large),
 * -EOPNOTSUPP (the call is not in the table), -ENOMEM.
 */
struct seccomp_inject_request *
seccomp_inject_copy_request(const struct seccomp_notif_resp *resp,
			    struct seccomp_inject_filter *filter)
{
	struct seccomp_inject_request *req;
	int ret;

	if (resp->flags != SECCOMP_USER_NOTIF_FLAG_INJECTED || resp->error)
		return ERR_PTR(-EINVAL);
	/* How to probe. Not left to the copy: address 0 may be mapped. */
	if (!resp->val)
		return ERR_PTR(-EFAULT);

	req = request_take(filter);
	if (!req)
		return ERR_PTR(-ENOMEM);
	ret = request_copy_struct(req, resp);
	if (!ret && req->inj.buf_size > req->size) {
		req = request_enlarge(req);
		if (!req)
			return ERR_PTR(-ENOMEM);
	}
	if (!ret)
		ret = request_copy_buf(req);
	if (ret) {
		seccomp_inject_free_request(req);
		return ERR_PTR(ret);
	}
	return req;
}

/**
 * seccomp_inject_free_request - wipe and free a request
 * @req: the request, may be NULL
 */
void seccomp_inject_free_request(struct seccomp_inject_request *req)
{
	if (!req)
		return;
	memzero_explicit(req->buf, req->used);
	memzero_explicit(&req->inj, sizeof(req->inj));
	req->used = 0;
	if (req->size != SPARE_SIZE || cmpxchg(&req->home->spare, NULL, req))
		kvfree(req);
}

/**
 * seccomp_inject_trap_error - can the call that trapped be redirected?
 * @sd: the call, of current
 *
 * Return: 0; -EBUSY when it is itself a substituted one, or what a tracer made
 * of one; -EOPNOTSUPP when it is not an ordinary system call of this
 * architecture: there the number and the arguments that we set would not be
 * those that run, or a restart would not bring the call back.
 */
int seccomp_inject_trap_error(const struct seccomp_data *sd)
{
	const struct seccomp_inject *state = current->seccomp.inject;

	if (state && state->phase != INJECT_NONE)
		return -EBUSY;
	if (in_compat_syscall() || sd->nr < 0 || sd->nr >= NR_syscalls)
		return -EOPNOTSUPP;
	/* A vsyscall is emulated in a page fault from the kernel's half. */
	if (!access_ok(u64_to_user_ptr(sd->instruction_pointer), 1))
		return -EOPNOTSUPP;
	return 0;
}

/**
 * seccomp_inject_free_filter - free what a filter kept
 * @filter: part of the filter that is freed
 */
void seccomp_inject_free_filter(struct seccomp_inject_filter *filter)
{
	kvfree(filter->spare);
}

/**
 * seccomp_inject_consent - remember that current consents
 * @filter: part of the filter that it installs with
 *          SECCOMP_FILTER_FLAG_INJECT, not visible to others yet
 *
 * Without no_new_privs there is none, also when that is set later: it can't
 * undo what was gained before.
 */
void seccomp_inject_consent(struct seccomp_inject_filter *filter)
{
	filter->consent = task_no_new_privs(current);
	filter->exec_id = current->self_exec_id;
}

/*
 * no_new_privs keeps the task's privileges from growing, but lets it execute a
 * file that it can't read: nobody consented for that program.
 */
static bool consents(struct task_struct *target,
		     const struct seccomp_inject_filter *filter)
{
	return filter->consent &&
	       (READ_ONCE(target->self_exec_id) == filter->exec_id ||
		task_exec_state_get_dumpable(target) == TASK_DUMPABLE_OWNER);
}

/**
 * seccomp_inject_may - may current substitute a call of this task?
 * @target: a task that waits for the answer to its notification
 * @filter: part of the filter whose listener current holds
 * @trap_error: what seccomp_inject_trap_error() said of the call that trapped
 *
 * Return: 0, -EPERM, or @trap_error.
 */
int seccomp_inject_may(struct task_struct *target,
		       const struct seccomp_inject_filter *filter,
		       int trap_error)
{
	if (!consents(target, filter) &&
	    !ptrace_may_access(target, PTRACE_MODE_ATTACH_REALCREDS))
		return -EPERM;
	if (!trap_error)
		audit_ptrace(target);
	return trap_error;
}

static void regs_get(struct inject_regs *r)
{
	r->nr = syscall_get_nr(current, current_pt_regs());
	syscall_get_arguments(current, current_pt_regs(), r->args);
}

static void regs_set(int nr, const unsigned long *args)
{
	syscall_set_nr(current, current_pt_regs(), nr);
	syscall_set_arguments(current, current_pt_regs(), args);
}

static void regs_restore(const struct seccomp_inject *state)
{
	regs_set(state->trapped.nr, state->trapped.args);
}

static void forget_pool(struct seccomp_inject *state)
{
	pool_put(state->pool);
	state->pool = NULL;
}

static struct seccomp_inject *state_get(void)
{
	struct seccomp_inject *state = current->seccomp.inject;

	if (!state) {
		state = kzalloc_obj(*state, GFP_KERNEL_ACCOUNT);
		current->seccomp.inject = state;
	} else if (pool_is_stale(state->pool)) {
		forget_pool(state);
	}
	return state;
}

static struct inject_area *state_get_area(struct seccomp_inject *state, u32 size)
{
	struct inject_area *area;

	if (!state->pool)
		state->pool = pool_get();
	if (!state->pool)
		return ERR_PTR(-ENOMEM);
	area = area_get(state->pool, size);
	/* Without an area nothing would ever retire the pool and free the mm. */
	if (IS_ERR(area))
		forget_pool(state);
	return area;
}

/* The substituted call is over, one way or the other. */
static void state_done(struct seccomp_inject *state)
{
	if (state->area) {
		area_wipe(state->area, state->used);
		area_put(state->area);
		state->area = NULL;
	}
	state->phase = INJECT_NONE;
	clear_syscall_work(SECCOMP_INJECT);
}

/**
 * seccomp_inject_redirect - make current run the requested call
 * @req: the request, freed here
 * @approver: filter whose listener made it
 *
 * Puts the buffer into an area and the call into the registers. The return
 * value is not touched: on some architectures one that is set means that the
 * call be skipped.
 *
 * Return: 0; -ENOMEM, -EINTR (killed): then nothing has changed.
 */
int seccomp_inject_redirect(struct seccomp_inject_request *req,
			    const struct seccomp_filter *approver)
{
	struct seccomp_inject *state = state_get();
	struct inject_area *area = NULL;
	int ret = -ENOMEM;

	if (!state)
		goto out;
	if (req->inj.args_in_buf_mask) {
		area = state_get_area(state, req->inj.buf_size);
		if (IS_ERR(area)) {
			ret = PTR_ERR(area);
			goto out;
		}
	}
	state->area = area;
	state->approver = approver;
	regs_get(&state->trapped);
	if (area) {
		state->used = req->used;
		seccomp_inject_relocate(req->call, &req->inj, req->buf,
					area->addr);
		area_write(area, req->buf, req->used);
	}
	/* 64BIT: both are the same. */
	regs_set(req->inj.nr, (const unsigned long *)req->inj.args);
	state->phase = INJECT_REDIRECTED;
	set_syscall_work(SECCOMP_INJECT);
	ret = 0;
out:
	seccomp_inject_free_request(req);
	return ret;
}

/**
 * seccomp_inject_approved - is this the filter whose listener asked for the
 * call that is being filtered?
 * @filter: a filter of current that says SECCOMP_RET_USER_NOTIF
 *
 * Return: true if so, and no tracer has changed the call since.
 */
bool seccomp_inject_approved(const struct seccomp_filter *filter)
{
	const struct seccomp_inject *state = current->seccomp.inject;

	return state && state->phase == INJECT_REDIRECTED &&
	       state->approver == filter;
}

/*
 * The tracer skips the call: arguments that it left alone would show the task
 * addresses that it has no business with. A register that also holds the
 * result may be the tracer's by now.
 */
static void restore_untouched(const struct seccomp_inject *state,
			      struct inject_regs *now)
{
	int i;

	for (i = 0; i < SECCOMP_INJECT_ARGS; i++)
		if (now->args[i] == state->shown.args[i])
			now->args[i] = state->trapped.args[i];
	regs_set(now->nr, now->args);
}

/**
 * seccomp_inject_show_tracer - before a stop for SECCOMP_RET_TRACE
 *
 * Remembers what the tracer gets to see, for seccomp_inject_tracer_stop().
 */
void seccomp_inject_show_tracer(void)
{
	struct seccomp_inject *state = current->seccomp.inject;

	if (state && state->phase == INJECT_REDIRECTED)
		regs_get(&state->shown);
}

/**
 * seccomp_inject_tracer_stop - look at what a tracer did at its stop for
 * SECCOMP_RET_TRACE
 *
 * A substituted call that the tracer replaced is the tracer's from here on: the
 * listener did not approve of it, and nothing will be restored after it.
 */
void seccomp_inject_tracer_stop(void)
{
	struct seccomp_inject *state = current->seccomp.inject;
	struct inject_regs now;

	if (!state || state->phase != INJECT_REDIRECTED)
		return;
	regs_get(&now);
	if (now.nr < 0) {
		restore_untouched(state, &now);
		state_done(state);
	} else if (now.nr != state->shown.nr ||
		   memcmp(now.args, state->shown.args, sizeof(now.args))) {
		state->phase = INJECT_VOID;
	}
	memzero_explicit(&state->shown, sizeof(state->shown));
}

/**
 * seccomp_inject_undo - put the original call back, before it is refused
 * @nr: number of the call that the filters have seen
 *
 * Return: number of the call that the registers now hold: the original one, or
 * @nr where none was substituted.
 */
int seccomp_inject_undo(int nr)
{
	struct seccomp_inject *state = current->seccomp.inject;

	if (!state || state->phase != INJECT_REDIRECTED)
		return nr;
	regs_restore(state);
	state_done(state);
	return state->trapped.nr;
}

/**
 * seccomp_inject_restart - what a substituted call's result becomes
 * @ret: the result
 * @restored: the registers hold the original call, not one of a tracer's that
 *            may have pointers into the area
 *
 * A restart brings back the original call, which traps again. One by restart
 * block would bring back the inside of the substituted one. A tracer's call
 * would come back to an area that is wiped, or another task's.
 *
 * Return: @ret; for a restart that can't be, with the block disarmed,
 * -ERESTARTNOHAND or, without the original call, -EINTR.
 */
long seccomp_inject_restart(long ret, bool restored)
{
	switch (ret) {
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
		return restored ? ret : -EINTR;
	case -ERESTART_RESTARTBLOCK:
		current->restart_block.fn = do_no_restart_syscall;
		return restored ? -ERESTARTNOHAND : -EINTR;
	default:
		return ret;
	}
}

/**
 * seccomp_inject_exit - exit work of a substituted call
 * @regs: registers of current
 *
 * Called once, with the result final, before a tracer or the signal code looks
 * at @regs. After an exec that succeeded there is nothing to restore: the
 * registers are a new program's.
 */
void seccomp_inject_exit(struct pt_regs *regs)
{
	struct seccomp_inject *state = current->seccomp.inject;
	bool restored;
	long ret;

	/* A child of a tracer's clone() comes with the bit, but no state. */
	if (!state || state->phase == INJECT_NONE) {
		clear_syscall_work(SECCOMP_INJECT);
		return;
	}
	restored = state->phase == INJECT_REDIRECTED;
	/* What a tracer's rt_sigreturn() brought back is no call any more. */
	if (!pool_is_stale(state->pool) &&
	    (restored || syscall_get_nr(current, regs) >= 0)) {
		ret = syscall_get_return_value(current, regs);
		if (restored)
			regs_restore(state);
		/* The first argument and the result may share a register. */
		syscall_set_return_value(current, regs, 0,
					 seccomp_inject_restart(ret, restored));
	}
	state_done(state);
}

/**
 * seccomp_inject_release - free the state of a task that ends
 * @task: current, in do_exit(), perhaps inside a substituted call
 *
 * Takes no lock that is held for long.
 */
void seccomp_inject_release(struct task_struct *task)
{
	struct seccomp_inject *state = task->seccomp.inject;

	if (!state)
		return;
	if (state->phase != INJECT_NONE)
		state_done(state);
	pool_put(state->pool);
	kfree_sensitive(state);
	task->seccomp.inject = NULL;
}
