// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/text.h"
#include "update/image.h"
#include "update/unpack.h"

#define IMAGE_MAX (512 << 20)

/* Documentation/arch/x86/boot.rst: offsets in the file. */
#define SETUP_SECTORS 0x1f1
#define PARAGRAPHS 0x1f4 /* of 16 bytes, of what follows the setup */
#define MAGIC 0x202
#define BOOT_VERSION 0x206
#define KERNEL_VERSION 0x20e /* less 0x200 */
#define LOAD_FLAGS 0x236
#define PAYLOAD 0x248 /* from the end of the setup on */
#define PAYLOAD_SIZE 0x24c
#define HEADER_END 0x268

/* PE, whose certificates are in the fifth directory of a 64-bit header. */
#define PE_OFFSET 0x3c
#define PE_SECURITY_SIZE (24 + 112 + 4 * 8 + 4)

static uint32_t number(const struct image *image, size_t offset, int size)
{
	uint32_t value = 0;

	for (int i = size - 1; i >= 0; i--)
		value = value << 8 | image->bytes[offset + (size_t)i];
	return value;
}

static void read_version(struct image *image)
{
	size_t offset = 0x200 + number(image, KERNEL_VERSION, 2);
	size_t i = 0;

	for (; i < sizeof(image->version) - 1; i++) {
		char c = offset + i < image->size ?
				 (char)image->bytes[offset + i] :
				 '\0';

		if (c < ' ' || c > '~')
			break;
		image->version[i] = c;
	}
}

static bool has_signature(const struct image *image)
{
	size_t pe = number(image, PE_OFFSET, 4);

	return pe < image->size && image->size - pe >= PE_SECURITY_SIZE + 4 &&
	       !memcmp(image->bytes + pe, "PE\0\0", 4) &&
	       number(image, pe + PE_SECURITY_SIZE, 4);
}

int image_parse(struct image *image)
{
	size_t setup, payload, payload_size;

	if (image->size < HEADER_END ||
	    memcmp(image->bytes + MAGIC, "HdrS", 4) != 0 ||
	    number(image, BOOT_VERSION, 2) < 0x20c)
		return -ENOEXEC;
	setup = number(image, SETUP_SECTORS, 1);
	setup = ((setup ? setup : 4) + 1) * 512;
	image->whole = setup + (size_t)number(image, PARAGRAPHS, 4) * 16;
	image->is_64_bit = number(image, LOAD_FLAGS, 2) & 1;
	image->is_signed = has_signature(image);
	read_version(image);
	payload = number(image, PAYLOAD, 4);
	payload_size = number(image, PAYLOAD_SIZE, 4);
	if (setup <= image->size && payload <= image->size - setup &&
	    payload_size <= image->size - setup - payload) {
		image->kernel = (const char *)image->bytes + setup + payload;
		image->kernel_size = payload_size;
	}
	return 0;
}

int image_read(const char *path, struct image *ret_image)
{
	struct image image = { 0 };
	int err = file_read(path, IMAGE_MAX, &image.bytes, &image.size);

	if (!err)
		err = image_parse(&image);
	if (err < 0)
		free(image.bytes);
	else
		*ret_image = image;
	return err;
}

void image_free(struct image *image)
{
	free(image->bytes);
	*image = (struct image){ 0 };
}

int image_unpack(const struct image *image, unsigned char **ret_bytes,
		 size_t *ret_size)
{
	return unpack((const unsigned char *)image->kernel, image->kernel_size,
		      ret_bytes, ret_size);
}
