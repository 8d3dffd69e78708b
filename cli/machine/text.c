// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine/text.h"
#include "system/text.h"

int read_number(const struct hp_sys *sys, const char *path,
		uint64_t *ret_number)
{
	const char *end;
	uint64_t number;
	char text[32];
	int length;

	length = sys->read_text(path, text, sizeof(text));
	if (length < 0)
		return length;
	if (!strcmp(text, "max") || !strcmp(text, "-1")) {
		*ret_number = UINT64_MAX;
		return 0;
	}
	end = hp_text_number(text, 10, &number);
	if (!end || *end)
		return -EPROTO;
	*ret_number = number;
	return 0;
}

int read_chosen(const struct hp_sys *sys, const char *path, char *word,
		size_t size)
{
	const char *start, *end;
	char text[256];
	int length;

	length = sys->read_text(path, text, sizeof(text));
	if (length < 0)
		return length;
	start = strchr(text, '[');
	end = start ? strchr(start, ']') : NULL;
	if (!end || (size_t)(end - start) > size)
		return -EPROTO;
	memcpy(word, start + 1, (size_t)(end - start) - 1);
	word[end - start - 1] = '\0';
	return 0;
}

bool file_says(const char *path, const char *line)
{
	char text[4096];
	FILE *file = fopen(path, "re");
	bool found = false;

	while (file && !found && fgets(text, sizeof(text), file))
		found = !strncmp(text, line, strlen(line));
	if (file)
		(void)fclose(file);
	return found;
}

static int read_bytes(int fd, unsigned char *bytes, size_t size)
{
	while (size) {
		ssize_t length = read(fd, bytes, size);

		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			return -EIO;
		bytes += length;
		size -= (size_t)length;
	}
	return 0;
}

int file_read(const char *path, size_t most, unsigned char **ret_bytes,
	      size_t *ret_size)
{
	struct stat st;
	unsigned char *bytes = NULL;
	/* Not one of which the open waits. */
	int err = 0, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < 1 ||
	    (uint64_t)st.st_size > most)
		err = -ENOEXEC;
	if (!err) {
		bytes = malloc((size_t)st.st_size);
		err = bytes ? read_bytes(fd, bytes, (size_t)st.st_size) :
			      -ENOMEM;
	}
	(void)close(fd);
	if (err < 0) {
		free(bytes);
		return err;
	}
	*ret_bytes = bytes;
	*ret_size = (size_t)st.st_size;
	return 0;
}

struct size_text size_text(uint64_t page_size)
{
	static const char units[] = "KMGTPE";
	uint64_t number = page_size >> 10;
	struct size_text size;
	unsigned int unit = 0;

	while (number >= 1024 && unit < sizeof(units) - 2) {
		number >>= 10;
		unit++;
	}
	(void)snprintf(size.text, sizeof(size.text), "%" PRIu64 "%c", number,
		       units[unit]);
	return size;
}

struct size_text bytes_text(uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB",
					     "TiB" };
	struct size_text size;
	unsigned int unit = 0;

	/* Only what is exact: two sizes that differ never look the same. */
	while (bytes && bytes % 1024 == 0 && unit < 4) {
		bytes /= 1024;
		unit++;
	}
	(void)snprintf(size.text, sizeof(size.text), "%" PRIu64 " %s", bytes,
		       units[unit]);
	return size;
}

bool parse_size(const char *text, uint64_t *ret_bytes)
{
	static const char units[] = "KMGT";
	unsigned long long number;
	const char *unit;
	char *end;
	int shift = 0;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno)
		return false;
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		shift = 10 * ((int)(unit - units) + 1);
		end++;
	}
	if (*end || !number || number > UINT64_MAX >> shift)
		return false;
	*ret_bytes = (uint64_t)number << shift;
	return true;
}
