// SPDX-License-Identifier: MIT
/*
 * The compressions of kernels and initrds: gzip by zlib, LZ4 by hand, the others
 * by the tools that a Debian host has for its packages and initrds.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "command.h"
#include "update/unpack.h"

#define KERNEL_MAX ((size_t)512 << 20)
#define CHUNK ((size_t)64 << 10)

struct output {
	unsigned char *bytes;
	size_t size, room;
};

static int make_room(struct output *out, size_t more)
{
	size_t room = out->room;
	unsigned char *bytes;

	if (more > KERNEL_MAX - out->size)
		return -EBADMSG;
	if (out->size + more <= room)
		return 0;
	while (room < out->size + more)
		room = room ? room * 2 : CHUNK;
	bytes = realloc(out->bytes, room);
	if (!bytes)
		return -ENOMEM;
	out->bytes = bytes;
	out->room = room;
	return 0;
}

/* -- LZ4, the legacy frame: blocks with their size before them ------------- */

struct input {
	const unsigned char *at, *end;
};

/* 15 means that bytes follow, which add up to one that is not 255. */
static int read_length(struct input *in, size_t *length)
{
	unsigned char byte;

	if (*length != 15)
		return 0;
	do {
		if (in->at == in->end || *length > KERNEL_MAX)
			return -EBADMSG;
		byte = *in->at++;
		*length += byte;
	} while (byte == 255);
	return 0;
}

static int copy_literals(struct input *in, struct output *out, size_t length)
{
	if (read_length(in, &length) < 0 || length > (size_t)(in->end - in->at))
		return -EBADMSG;
	if (make_room(out, length) < 0)
		return -EBADMSG;
	memcpy(out->bytes + out->size, in->at, length);
	out->size += length;
	in->at += length;
	return 0;
}

/* The bytes can overlap what they become. */
static int copy_match(struct input *in, struct output *out, size_t length)
{
	size_t offset;

	if (in->end - in->at < 2)
		return -EBADMSG;
	offset = in->at[0] | (size_t)in->at[1] << 8;
	in->at += 2;
	if (!offset || offset > out->size || read_length(in, &length) < 0)
		return -EBADMSG;
	length += 4;
	if (make_room(out, length) < 0)
		return -EBADMSG;
	for (; length > offset; length -= offset, out->size += offset)
		memcpy(out->bytes + out->size, out->bytes + out->size - offset,
		       offset);
	memcpy(out->bytes + out->size, out->bytes + out->size - offset, length);
	out->size += length;
	return 0;
}

static int unpack_block(struct input *in, struct output *out)
{
	while (in->at < in->end) {
		unsigned char token = *in->at++;

		if (copy_literals(in, out, token >> 4) < 0)
			return -EBADMSG;
		if (in->at == in->end)
			return 0; /* the last one has no match */
		if (copy_match(in, out, token & 15) < 0)
			return -EBADMSG;
	}
	return 0;
}

static int unpack_lz4(const unsigned char *bytes, size_t size,
		      struct output *out)
{
	struct input all = { bytes + 4, bytes + size };

	/* Then there are bytes to point to, also if none come. */
	if (make_room(out, 1) < 0)
		return -ENOMEM;
	/* A kernel has its size in the last four bytes, an initrd has not. */
	while (all.end - all.at > 4) {
		uint32_t length;
		struct input block;

		memcpy(&length, all.at, 4);
		all.at += 4;
		if (length > (size_t)(all.end - all.at))
			return -EBADMSG;
		block = (struct input){ all.at, all.at + length };
		if (unpack_block(&block, out) < 0)
			return -EBADMSG;
		all.at += length;
	}
	return 0;
}

/* -- gzip ------------------------------------------------------------------ */

static int unpack_gzip(const unsigned char *bytes, size_t size,
		       struct output *out)
{
	z_stream stream = { .next_in = (unsigned char *)(uintptr_t)bytes,
			    .avail_in = (unsigned int)size };
	int rc;

	if (inflateInit2(&stream, 15 + 16) != Z_OK)
		return -ENOMEM;
	do {
		if (make_room(out, CHUNK) < 0) {
			rc = Z_MEM_ERROR;
			break;
		}
		stream.next_out = out->bytes + out->size;
		stream.avail_out = CHUNK;
		rc = inflate(&stream, Z_NO_FLUSH);
		out->size = (size_t)(stream.next_out - out->bytes);
	} while (rc == Z_OK);
	(void)inflateEnd(&stream);
	return rc == Z_STREAM_END ? 0 : -EBADMSG;
}

/* -- Tools ----------------------------------------------------------------- */

static int read_all(int fd, struct output *out)
{
	ssize_t length;

	do {
		if (make_room(out, CHUNK) < 0)
			return -EBADMSG;
		length = read(fd, out->bytes + out->size, CHUNK);
		if (length > 0)
			out->size += (size_t)length;
	} while (length > 0 || (length < 0 && errno == EINTR));
	return length < 0 ? -EIO : 0;
}

static int unpack_by(char *tool, const unsigned char *bytes, size_t size,
		     struct output *out)
{
	char *command[] = { tool, "-dcq", NULL };
	int in = memfd_create("kernel", MFD_CLOEXEC), ends[2], status = -1, err;
	pid_t child;

	if (in < 0)
		return -errno;
	if (write(in, bytes, size) != (ssize_t)size || pipe(ends) < 0) {
		(void)close(in);
		return -EIO;
	}
	(void)lseek(in, 0, SEEK_SET);
	child = fork();
	if (!child) {
		(void)dup2(in, STDIN_FILENO);
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)close(ends[0]);
		(void)close(ends[1]);
		(void)execvp(command[0], command);
		_exit(127);
	}
	(void)close(in);
	(void)close(ends[1]);
	err = child < 0 ? -EAGAIN : read_all(ends[0], out);
	(void)close(ends[0]);
	if (child > 0)
		(void)waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return -EOPNOTSUPP;
	/* What follows the compressed kernel is no error. */
	return err < 0 || !out->size ? -EBADMSG : 0;
}

int unpack(const unsigned char *bytes, size_t size, unsigned char **ret_bytes,
	   size_t *ret_size)
{
	struct output out = { 0 };
	int err;

	if (!bytes || size < 16)
		return -EBADMSG;
	if (!memcmp(bytes, "\x02\x21\x4c\x18", 4))
		err = unpack_lz4(bytes, size, &out);
	else if (!memcmp(bytes, "\x1f\x8b", 2))
		err = unpack_gzip(bytes, size, &out);
	else if (!memcmp(bytes,
			 "\xfd"
			 "7zXZ",
			 5))
		err = unpack_by("xz", bytes, size, &out);
	else if (!memcmp(bytes, "\x28\xb5\x2f\xfd", 4))
		err = unpack_by("zstd", bytes, size, &out);
	else
		err = -EOPNOTSUPP;
	if (err < 0) {
		free(out.bytes);
		return err;
	}
	*ret_bytes = out.bytes;
	*ret_size = out.size;
	return 0;
}
