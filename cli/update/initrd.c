// SPDX-License-Identifier: MIT
/*
 * An initrd is a row of cpio archives ("newc", Documentation/driver-api/
 * early-userspace/buffer-format.rst); the last of them can be compressed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/text.h"
#include "unit/lives.h"
#include "update/initrd.h"
#include "update/unpack.h"

#define INITRD_MAX ((size_t)1 << 30)

/* A header: "070701" and thirteen numbers of eight hexadecimal digits. */
#define MAGIC_SIZE 6
#define HEADER_SIZE 110
#define FIELD_MODE 1
#define FIELD_FILE_SIZE 6
#define FIELD_NAME_SIZE 11

#define TYPE_MASK 0170000
#define TYPE_LINK 0120000

#define LAST "TRAILER!!!"
/* As libsystemd-shared-257.so, or -262.1-1.so. */
#define SHARED "/libsystemd-shared-"

struct input {
	const unsigned char *at, *end;
};

struct entry {
	const char *name; /* with its zero */
	size_t mode, size;
	const unsigned char *content;
};

static int digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_field(const unsigned char *header, int field, size_t *ret)
{
	const unsigned char *at = header + MAGIC_SIZE + (ptrdiff_t)field * 8;

	*ret = 0;
	for (int i = 0; i < 8; i++) {
		int value = digit(at[i]);

		if (value < 0)
			return -EBADMSG;
		*ret = *ret << 4 | (size_t)value;
	}
	return 0;
}

static bool is_archive(const struct input *in)
{
	return in->end - in->at >= HEADER_SIZE &&
	       (!memcmp(in->at, "070701", MAGIC_SIZE) ||
		!memcmp(in->at, "070702", MAGIC_SIZE));
}

/* Skip so many bytes, and up to a multiple of four after the start. */
static int skip(struct input *in, const unsigned char *start, size_t size)
{
	size_t left = (size_t)(in->end - in->at), padding;

	if (size > left)
		return -EBADMSG;
	in->at += size;
	padding = (size_t)(start - in->at) & 3;
	/* What pads the last one may be cut off. */
	left = (size_t)(in->end - in->at);
	in->at += padding < left ? padding : left;
	return 0;
}

static int read_entry(struct input *in, const unsigned char *start,
		      struct entry *ret)
{
	const unsigned char *header = in->at;
	size_t name_size;

	if (!is_archive(in) || read_field(header, FIELD_MODE, &ret->mode) < 0 ||
	    read_field(header, FIELD_FILE_SIZE, &ret->size) < 0 ||
	    read_field(header, FIELD_NAME_SIZE, &name_size) < 0 || !name_size)
		return -EBADMSG;
	in->at += HEADER_SIZE;
	ret->name = (const char *)in->at;
	if (skip(in, start, name_size) < 0 || ret->name[name_size - 1] != '\0')
		return -EBADMSG;
	ret->content = in->at;
	return skip(in, start, ret->size);
}

/* A version as in a file's name; 0: it is none. */
static int version_of(const char *text)
{
	int version = 0;

	for (; *text >= '0' && *text <= '9' && version < 100000; text++)
		version = version * 10 + (*text - '0');
	return version;
}

static bool ends_with_systemd(const struct entry *entry)
{
	static const char word[] = "systemd";
	const size_t length = sizeof(word) - 1;

	return (entry->mode & TYPE_MASK) == TYPE_LINK &&
	       entry->size >= length &&
	       !memcmp(entry->content + entry->size - length, word, length);
}

static void look_at(struct initrd *initrd, const struct entry *entry)
{
	const char *name = entry->name, *shared;

	name += !strncmp(name, "./", 2) ? 2 : 0;
	initrd->files++;
	if (!strcmp(name, "init")) {
		initrd->has_init = true;
		initrd->systemd_first = ends_with_systemd(entry);
	}
	shared = strstr(name, SHARED);
	if (shared && version_of(shared + strlen(SHARED)))
		initrd->systemd = version_of(shared + strlen(SHARED));
}

static int read_archive(struct input *in, struct initrd *initrd)
{
	const unsigned char *start = in->at;
	struct entry entry;

	do {
		if (read_entry(in, start, &entry) < 0)
			return -EBADMSG;
		if (!strcmp(entry.name, LAST))
			return 0;
		look_at(initrd, &entry);
	} while (in->at < in->end);
	return -EBADMSG;
}

/* Archives with zeros between. What is left is compressed. */
static int read_archives(struct input *in, struct initrd *initrd)
{
	int err = 0;

	while (!err) {
		while (in->at < in->end && !*in->at)
			in->at++;
		if (!is_archive(in))
			break;
		err = read_archive(in, initrd);
	}
	return err;
}

int initrd_parse(const unsigned char *bytes, size_t size,
		 struct initrd *ret_initrd)
{
	struct input in = { bytes, bytes + size };
	struct initrd initrd = { 0 };
	unsigned char *rest;
	int err = read_archives(&in, &initrd);

	if (!err && in.at < in.end) {
		err = unpack(in.at, (size_t)(in.end - in.at), &rest, &size);
		if (err < 0)
			return err;
		in = (struct input){ rest, rest + size };
		err = read_archives(&in, &initrd);
		if (in.at < in.end)
			err = -EBADMSG;
		free(rest);
	}
	if (!err && !initrd.has_init)
		err = -EBADMSG;
	if (!err)
		*ret_initrd = initrd;
	return err;
}

int initrd_read(const char *path, struct initrd *ret_initrd)
{
	unsigned char *bytes;
	size_t size;
	int err = file_read(path, INITRD_MAX, &bytes, &size);

	if (err < 0)
		return err;
	err = initrd_parse(bytes, size, ret_initrd);
	free(bytes);
	return err;
}

const char *initrd_obstacle(const struct initrd *initrd, bool *ret_known)
{
	*ret_known = true;
	if (!initrd->systemd_first)
		return NULL; /* the host's systemd is the first one */
	if (!initrd->systemd) {
		*ret_known = false;
		return "Systemd runs in the initrd, and its version cannot be "
		       "seen: before 261 it does not pass the stores on";
	}
	return initrd->systemd < LIVES_SYSTEMD_KEXEC ?
		       "The systemd in the initrd is older than 261: it does "
		       "not pass on what the last kernel left" :
		       NULL;
}
