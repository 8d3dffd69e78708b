// SPDX-License-Identifier: MIT
/*
 * hp_text_mapping(): what it accepts, printed again as the kernel does, says
 * the same.
 */
#include <errno.h>
#include <inttypes.h>
#include <sys/sysmacros.h>

#include "../../lib/system/text.h"
#include "fuzz.h"

static void print(char *line, size_t size, const struct hp_mapping *m)
{
	int length = snprintf(line, size,
			      "%08" PRIx64 "-%08" PRIx64 " r%cx%c %08" PRIx64
			      " %02x:%02x %" PRIu64 " /file\n",
			      m->start, m->end, m->writable ? 'w' : '-',
			      m->shared ? 's' : 'p', m->offset,
			      major(m->device), minor(m->device), m->inode);

	check(length > 0 && (size_t)length < size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hp_mapping first, second;
	char again[256], *line = fuzz_string(data, size);
	int err;

	memset(&first, 0xa5, sizeof(first));
	second = first;
	err = hp_text_mapping(line, &first);
	if (err) {
		check(err == -EPROTO);
		check(!memcmp(&first, &second, sizeof(first)));
		free(line);
		return 0;
	}
	check(first.start < first.end);
#ifdef HP_FUZZ_PLANT
	/* As if the length of the line were not looked at. */
	if (first.shared && !first.writable)
		check(((volatile char *)line)[strlen(line) + 1] != 'x');
#endif
	print(again, sizeof(again), &first);
	check(!hp_text_mapping(again, &second));
	check(first.start == second.start && first.end == second.end);
	check(first.offset == second.offset && first.inode == second.inode);
	check(first.device == second.device);
	check(first.shared == second.shared);
	check(first.writable == second.writable);
	free(line);
	return 0;
}
