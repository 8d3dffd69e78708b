// SPDX-License-Identifier: MIT
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "update/image.h"

#define NAME "liveupdate"
#define NOTE_FORMAT 1
#define NOTE_READ_ONLY 2
#define NOTES_MAX (1 << 20)

static size_t padded(uint32_t size)
{
	return ((size_t)size + 3) / 4 * 4;
}

/* One that is too long or not for terminals is one that nobody speaks. */
static void add(struct formats *formats, const unsigned char *text, size_t size,
		bool read_only)
{
	struct format *format = &formats->formats[formats->count];

	if (formats->count == FORMATS_MAX)
		return;
	(void)snprintf(format->text, sizeof(format->text), "%.*s", (int)size,
		       (const char *)text);
	for (char *c = format->text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	format->read_only = read_only;
	formats->count++;
}

/* The note that the bytes begin with. Returns its size; 0: there is none. */
static size_t read_note(const unsigned char *bytes, size_t size,
			struct formats *ret)
{
	Elf64_Nhdr note; /* the same in both classes */
	size_t name, text;

	if (size < sizeof(note))
		return 0;
	memcpy(&note, bytes, sizeof(note));
	bytes += sizeof(note);
	size -= sizeof(note);
	name = padded(note.n_namesz);
	text = padded(note.n_descsz);
	if (name > size || text > size - name)
		return 0;
	if (note.n_namesz == sizeof(NAME) &&
	    !memcmp(bytes, NAME, sizeof(NAME)) &&
	    (note.n_type == NOTE_FORMAT || note.n_type == NOTE_READ_ONLY))
		add(ret, bytes + name,
		    strnlen((const char *)bytes + name, note.n_descsz),
		    note.n_type == NOTE_READ_ONLY);
	return sizeof(note) + name + text;
}

void formats_read(const unsigned char *notes, size_t size, struct formats *ret)
{
	size_t length;

	*ret = (struct formats){ 0 };
	while ((length = read_note(notes, size, ret))) {
		notes += length;
		size -= length;
	}
}

/* A kernel as it is in memory does not say where its notes are. */
static void find_notes(const unsigned char *kernel, size_t size,
		       struct formats *ret)
{
	*ret = (struct formats){ 0 };
	for (size_t at = 0; at + sizeof(Elf64_Nhdr) + sizeof(NAME) <= size;
	     at += 4)
		if (!memcmp(kernel + at + sizeof(Elf64_Nhdr), NAME,
			    sizeof(NAME)))
			(void)read_note(kernel + at, size - at, ret);
}

int formats_of_kernel(const unsigned char *kernel, size_t size,
		      struct formats *ret)
{
	Elf64_Ehdr header;
	Elf64_Phdr part;

	if (size < sizeof(header))
		return -EBADMSG;
	memcpy(&header, kernel, sizeof(header));
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    header.e_phentsize != sizeof(part) || header.e_phoff > size ||
	    header.e_phnum * sizeof(part) > size - header.e_phoff)
		return -EBADMSG;
	*ret = (struct formats){ 0 };
	for (unsigned int i = 0; i < header.e_phnum; i++) {
		memcpy(&part, kernel + header.e_phoff + i * sizeof(part),
		       sizeof(part));
		if (part.p_type != PT_NOTE)
			continue;
		if (part.p_offset > size ||
		    part.p_filesz > size - part.p_offset)
			return -EBADMSG;
		formats_read(kernel + part.p_offset, part.p_filesz, ret);
	}
	return 0;
}

int formats_of_image(const struct image *image, struct formats *ret)
{
	unsigned char *kernel;
	size_t size;
	int err;

	if (!strcmp(image->machine, "aarch64")) {
		find_notes((const unsigned char *)image->kernel,
			   image->kernel_size, ret);
		return 0;
	}
	err = image_unpack(image, &kernel, &size);
	if (err < 0)
		return err;
	err = formats_of_kernel(kernel, size, ret);
	free(kernel);
	return err;
}

int formats_of_this(struct formats *ret)
{
	unsigned char *notes;
	ssize_t length;
	int fd = open("/sys/kernel/notes", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	notes = command_memory(NOTES_MAX);
	length = read(fd, notes, NOTES_MAX);
	(void)close(fd);
	if (length >= 0)
		formats_read(notes, (size_t)length, ret);
	free(notes);
	return length < 0 ? -EIO : 0;
}

static bool has(const struct formats *formats, const char *text)
{
	for (unsigned int i = 0; i < formats->count; i++)
		if (!strcmp(formats->formats[i].text, text))
			return true;
	return false;
}

const struct format *formats_missing(const struct formats *now,
				     const struct formats *next)
{
	for (unsigned int i = 0; i < now->count; i++)
		if (!now->formats[i].read_only &&
		    !has(next, now->formats[i].text))
			return &now->formats[i];
	return NULL;
}
