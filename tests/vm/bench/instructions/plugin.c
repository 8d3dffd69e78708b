// SPDX-License-Identifier: MIT
/*
 * A plugin for QEMU 7.2: how often each block of the kernel's code runs. It takes one
 * argument, the file. One processor only: nothing is locked.
 *
 * What it uses of QEMU is declared here, by QEMU's documentation of plugins (version 1
 * of that interface): Debian has no package with the header.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "counts.h"

#define EXPORTED __attribute__((visibility("default")))

struct qemu_plugin_tb;
typedef void (*tb_translated)(uint64_t id, struct qemu_plugin_tb *block);

extern void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
						  tb_translated call);
extern void
qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block,
					 int operation, void *where,
					 uint64_t addend);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *block);

EXPORTED int qemu_plugin_version = 1;
EXPORTED int qemu_plugin_install(uint64_t id, const void *info, int argc,
				 char **argv);

static struct counts_block *blocks;

static struct counts_block *find(uint64_t address, uint64_t length)
{
	uint32_t place = (uint32_t)((address * 0x9e3779b97f4a7c15) >> 44);

	for (unsigned int i = 0; i < COUNTS_BLOCKS; i++) {
		struct counts_block *block =
			&blocks[(place + i) % COUNTS_BLOCKS];

		if (!block->address) {
			block->address = address;
			block->length = length;
		}
		if (block->address == address && block->length == length)
			return block;
	}
	return NULL;
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	uint64_t address = qemu_plugin_tb_vaddr(tb);
	struct counts_block *block;

	(void)id;
	if (!(address >> 63)) /* no code of the kernel */
		return;
	block = find(address, qemu_plugin_tb_n_insns(tb));
	if (block)
		qemu_plugin_register_vcpu_tb_exec_inline(tb, 0, &block->times,
							 1);
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	size_t size = COUNTS_BLOCKS * sizeof(*blocks);
	const char *path = argc == 1 ? strchr(argv[0], '=') : NULL;
	int fd;

	(void)info;
	if (!path) {
		fputs("usage: -plugin plugin.so,counts=PATH\n", stderr);
		return -1;
	}
	fd = open(path + 1, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		return -1;
	blocks = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (blocks == MAP_FAILED)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
