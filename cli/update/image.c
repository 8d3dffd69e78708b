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

/* Documentation/arch/arm64/booting.rst */
#define ARM64_MAGIC 0x38
#define ARM64_HEADER_END 0x40

/*
 * PE: after the magic and the header of the file comes one that is as long as
 * that says, with the certificates in its fifth directory, and after it the
 * sections.
 */
#define PE_OFFSET 0x3c
#define PE_SECTIONS 6
#define PE_LENGTH 20
#define PE_HEADER 24
#define PE_SECURITY_SIZE (PE_HEADER + 112 + 4 * 8 + 4)
#define SECTION 40
#define SECTION_SIZE 16
#define SECTION_OFFSET 20

static uint32_t number(const struct image *image, size_t offset, int size)
{
	uint32_t value = 0;

	for (int i = size - 1; i >= 0; i--)
		value = value << 8 | image->bytes[offset + (size_t)i];
	return value;
}

static void read_version(struct image *image, size_t offset)
{
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

/* Where the header is that has so many bytes at least; 0: there is none. */
static size_t pe_header(const struct image *image, size_t length)
{
	size_t pe = number(image, PE_OFFSET, 4);

	return pe < image->size && image->size - pe >= length &&
			       !memcmp(image->bytes + pe, "PE\0\0", 4) ?
		       pe :
		       0;
}

static bool has_signature(const struct image *image)
{
	size_t pe = pe_header(image, PE_SECURITY_SIZE + 4);

	return pe && number(image, pe + PE_SECURITY_SIZE, 4);
}

/* The end of the last section; 0: there are none. */
static size_t end_of_sections(const struct image *image)
{
	size_t pe = pe_header(image, PE_HEADER), at, end = 0;

	if (!pe)
		return 0;
	at = pe + PE_HEADER + number(image, pe + PE_LENGTH, 2);
	for (uint32_t i = number(image, pe + PE_SECTIONS, 2); i; i--) {
		size_t section_end;

		if (at > image->size || image->size - at < SECTION)
			return end;
		section_end = (size_t)number(image, at + SECTION_OFFSET, 4) +
			      number(image, at + SECTION_SIZE, 4);
		if (section_end > end)
			end = section_end;
		at += SECTION;
	}
	return end;
}

/*
 * The header says how much memory the kernel takes, which is more than the file
 * has; how long the file is only its second header does.
 */
static int parse_arm64(struct image *image)
{
	static const char banner[] = "Linux version ";
	const unsigned char *version;

	if (image->size < ARM64_HEADER_END ||
	    memcmp(image->bytes + ARM64_MAGIC, "ARM\x64", 4) != 0)
		return -ENOEXEC;
	image->machine = "aarch64";
	image->whole = end_of_sections(image);
	image->is_signed = has_signature(image);
	image->kernel = (const char *)image->bytes;
	image->kernel_size = image->size;
	version = memmem(image->bytes, image->size, banner, strlen(banner));
	if (version)
		read_version(image,
			     (size_t)(version - image->bytes) + strlen(banner));
	return 0;
}

int image_parse(struct image *image)
{
	size_t setup, payload, payload_size;

	if (image->size < HEADER_END ||
	    memcmp(image->bytes + MAGIC, "HdrS", 4) != 0 ||
	    number(image, BOOT_VERSION, 2) < 0x20c)
		return parse_arm64(image);
	setup = number(image, SETUP_SECTORS, 1);
	setup = ((setup ? setup : 4) + 1) * 512;
	image->whole = setup + (size_t)number(image, PARAGRAPHS, 4) * 16;
	image->machine = number(image, LOAD_FLAGS, 2) & 1 ? "x86_64" : "i686";
	image->is_signed = has_signature(image);
	read_version(image, 0x200 + number(image, KERNEL_VERSION, 2));
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
