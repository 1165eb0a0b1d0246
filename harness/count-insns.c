// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU plugin that counts the instructions of a guest between two marks, by
 * address. The marks are multi-byte NOPs that no compiler makes:
 *
 *	nopl 0x53490001(%rax)	start: forget what was counted
 *	nopl 0x53490002(%rax)	stop: if fewer instructions ran than between any
 *				marks before, write the counts to the file out=FILE
 *
 * FILE gets a line "ADDRESS COUNT" for each instruction that ran, the address
 * hexadecimal. For one virtual CPU.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What we use of QEMU's plugin API, version 1. Debian 12 has the API in its
 * QEMU but packages no header for it.
 */
typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void (*tb_callback)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*insn_callback)(unsigned int cpu, void *data);

extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_callback cb);
extern void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
						   insn_callback cb, int flags, void *data);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
							size_t index);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
extern const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
extern size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

int qemu_plugin_version = 1;

static const uint8_t mark[] = { 0x0f, 0x1f, 0x80, /* 1 or 2 */ 0, 0x00, 0x49, 0x53 };

struct place {
	struct place *next;
	uint64_t addr;
	uint64_t count;
};

#define BUCKETS 65536
static struct place *places[BUCKETS];
static const char *out;
static bool counting;
static uint64_t total, least = UINT64_MAX;

static struct place *place_of(uint64_t addr)
{
	struct place **bucket = &places[(addr ^ addr >> 16) % BUCKETS], *p;

	for (p = *bucket; p; p = p->next)
		if (p->addr == addr)
			return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		abort();
	p->addr = addr;
	p->next = *bucket;
	*bucket = p;
	return p;
}

static void count(unsigned int cpu, void *data)
{
	struct place *p = data;

	p->count += counting;
	total += counting;
}

static void start(unsigned int cpu, void *data)
{
	struct place *p;
	int i;

	for (i = 0; i < BUCKETS; i++)
		for (p = places[i]; p; p = p->next)
			p->count = 0;
	total = 0;
	counting = true;
}

static void stop(unsigned int cpu, void *data)
{
	struct place *p;
	FILE *f;
	int i;

	counting = false;
	if (total >= least)
		return;
	least = total;
	f = fopen(out, "w");
	if (!f) {
		perror(out);
		return;
	}
	for (i = 0; i < BUCKETS; i++)
		for (p = places[i]; p; p = p->next)
			if (p->count)
				fprintf(f, "%" PRIx64 " %" PRIu64 "\n", p->addr, p->count);
	fclose(f);
}

static insn_callback callback_of(const struct qemu_plugin_insn *insn)
{
	const uint8_t *bytes = qemu_plugin_insn_data(insn);

	if (qemu_plugin_insn_size(insn) != sizeof(mark) || memcmp(bytes, mark, 3) ||
	    memcmp(bytes + 4, mark + 4, 3))
		return count;
	return bytes[3] == 1 ? start : stop;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);
	struct qemu_plugin_insn *insn;

	for (i = 0; i < n; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		qemu_plugin_register_vcpu_insn_exec_cb(insn, callback_of(insn), 0,
						       place_of(qemu_plugin_insn_vaddr(insn)));
	}
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	if (argc != 1 || strncmp(argv[0], "out=", 4)) {
		fprintf(stderr, "count-insns: out=FILE is missing\n");
		return -1;
	}
	out = strdup(argv[0] + 4);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
