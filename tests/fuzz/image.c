// SPDX-License-Identifier: MIT
/*
 * A bzImage and its payload, by gzip and LZ4, or an Image of arm64. An input without
 * the signature gets a header, so that its bytes are the payload.
 */
#include <errno.h>

#include "../../cli/update/image.h"
#include "fuzz.h"

#define SETUP 2048

static void look(unsigned char *bytes, size_t size)
{
	struct image image = { .bytes = bytes, .size = size };
	unsigned char *kernel = NULL;
	size_t kernel_size = 0;

	if (image_parse(&image) < 0)
		return;
	check(memchr(image.version, 0, sizeof(image.version)));
	check(!image.kernel ||
	      (image.kernel >= (char *)bytes &&
	       image.kernel + image.kernel_size <= (char *)bytes + size));
	if (!strcmp(image.machine, "aarch64")) {
		struct formats formats;

		check(formats_of_image(&image, &formats) == 0);
		return;
	}
	/* The others are tools of their own. */
	if (!image.kernel || image.kernel_size < 2 ||
	    !memcmp(image.kernel, "\xfd\x37", 2) ||
	    !memcmp(image.kernel, "\x28\xb5", 2))
		return;
	if (image_unpack(&image, &kernel, &kernel_size) == 0) {
		check(kernel);
		free(kernel);
	}
}

static void put(unsigned char *at, size_t number)
{
	for (int i = 0; i < 4; i++)
		at[i] = (unsigned char)(number >> 8 * i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *bytes = fuzz_copy(data, size);

	look(bytes, size);
	free(bytes);
	bytes = calloc(1, SETUP + size);
	check(bytes);
	bytes[0x1f1] = 3;
	memcpy(bytes + 0x202, "HdrS", 4);
	bytes[0x206] = 0x0f;
	bytes[0x207] = 2;
	put(bytes + 0x24c, size);
	if (size)
		memcpy(bytes + SETUP, data, size);
	look(bytes, SETUP + size);
	free(bytes);
	return 0;
}
