// SPDX-License-Identifier: MIT
/*
 * Notes of a kernel, as they are and in an ELF file.
 */
#include <errno.h>

#include "../../cli/update/image.h"
#include "fuzz.h"

/* A terminal can show it, and the list has it. */
static void check_formats(const struct formats *formats)
{
	check(formats->count <= FORMATS_MAX);
	for (unsigned int i = 0; i < formats->count; i++) {
		const char *text = formats->formats[i].text;

		check(memchr(text, 0, sizeof(formats->formats[i].text)));
		for (; *text; text++)
			check(*text >= ' ' && *text <= '~');
	}
	check(!formats_missing(formats, formats));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *bytes = fuzz_copy(data, size);
	struct formats formats;

	formats_read(bytes, size, &formats);
	check_formats(&formats);
	if (formats_of_kernel(bytes, size, &formats) == 0)
		check_formats(&formats);
	free(bytes);
	return 0;
}
