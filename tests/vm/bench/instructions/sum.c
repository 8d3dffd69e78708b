// SPDX-License-Identifier: MIT
/*
 * usage: sum SYSTEM_MAP FILE
 *
 * Prints each function of the kernel and how many instructions of it ran, by a file of
 * the plugin.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "counts.h"

#define NAME_SIZE 80

struct function {
	uint64_t address, instructions;
	char name[NAME_SIZE];
};

static struct function *functions;
static size_t function_count;

/* System.map is in the order of the addresses. */
static int read_map(const char *path)
{
	struct function function = { 0 };
	FILE *file = fopen(path, "r");
	char kind;

	if (!file)
		return -1;
	while (fscanf(file, "%" SCNx64 " %c %79s%*[^\n]", &function.address,
		      &kind, function.name) >= 3) {
		if (kind != 't' && kind != 'T')
			continue;
		if (!(function_count & 4095))
			functions =
				realloc(functions, (function_count + 4096) *
							   sizeof(*functions));
		if (!functions)
			abort();
		functions[function_count++] = function;
	}
	(void)fclose(file);
	return function_count ? 0 : -1;
}

static struct function *find(uint64_t address)
{
	size_t low = 0, high = function_count;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (functions[middle].address <= address)
			low = middle;
		else
			high = middle;
	}
	return &functions[low];
}

int main(int argc, char **argv)
{
	struct counts_block block;
	FILE *file;

	if (argc != 3 || read_map(argv[1]) < 0)
		return 2;
	file = fopen(argv[2], "rb");
	if (!file)
		return 2;
	while (fread(&block, sizeof(block), 1, file) == 1)
		if (block.times)
			find(block.address)->instructions +=
				block.times * block.length;
	(void)fclose(file);
	for (size_t i = 0; i < function_count; i++)
		if (functions[i].instructions)
			printf("%s %" PRIu64 "\n", functions[i].name,
			       functions[i].instructions);
	return 0;
}
