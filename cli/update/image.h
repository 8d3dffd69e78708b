/* SPDX-License-Identifier: MIT */
/*
 * A kernel image (bzImage of x86, Image of arm64) and the formats that its kernel
 * speaks. The file is not trusted. Functions return 0 or a negative errno.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image {
	unsigned char *bytes; /* of the file */
	size_t size;
	size_t whole;	     /* what its header says that it measures */
	const char *machine; /* that it is for, as uname(2) names it */
	bool is_signed;	     /* it has a signature, of whomever */
	const char *kernel;  /* in bytes, of x86 compressed */
	size_t kernel_size;
	char version[128]; /* of the kernel, for people */
};

/* -ENOEXEC: it is neither of the two. One that is cut off is no error. */
int image_read(const char *path, struct image *ret_image);
/* The same of bytes that the image has already. */
int image_parse(struct image *image);
void image_free(struct image *image);

/* The kernel of x86, decompressed, to be freed; errors as of unpack(). */
int image_unpack(const struct image *image, unsigned char **ret_bytes,
		 size_t *ret_size);

/* -- Formats: notes of the kernel, see Documentation/core-api/liveupdate.rst -- */

#define FORMATS_MAX 64

struct format {
	char text[120]; /* "luo:luo-v2" */
	bool read_only; /* it reads this one and does not write it */
};

struct formats {
	unsigned int count;
	struct format formats[FORMATS_MAX];
};

/* Of the notes themselves, as in /sys/kernel/notes. */
void formats_read(const unsigned char *notes, size_t size, struct formats *ret);

/* Of an ELF file in memory. -EBADMSG: it is none. */
int formats_of_kernel(const unsigned char *kernel, size_t size,
		      struct formats *ret);

/* Of an image that was read; errors are those of unpack() as well. */
int formats_of_image(const struct image *image, struct formats *ret);

/* Of the running kernel. */
int formats_of_this(struct formats *ret);

/* The first format that this kernel writes and the next one does not read. */
const struct format *formats_missing(const struct formats *now,
				     const struct formats *next);

#endif
