// SPDX-License-Identifier: MIT
/*
 * read_number() and read_chosen(), of one input each.
 */
#include <errno.h>
#include <inttypes.h>

#include "../../cli/machine/text.h"
#include "fuzz.h"

#define WORD 8

static const char *text;

static int read_text(const char *path, char *buffer, size_t size)
{
	size_t length = strlen(text);

	(void)path;
	if (length >= size)
		return -E2BIG;
	memcpy(buffer, text, length + 1);
	return (int)length;
}

static const struct hp_sys sys = { .read_text = read_text };

/* What follows the first bracket, up to the next one that closes. */
static void check_chosen(void)
{
	char *word = malloc(WORD);
	const char *start = strchr(text, '[');
	int err;

	check(word);
	err = read_chosen(&sys, "", word, WORD);
	check(!err || err == -EPROTO || err == -E2BIG);
	if (!err) {
		check(memchr(word, '\0', WORD) && start);
		check(!strchr(word, ']'));
		check(!strncmp(start + 1, word, strlen(word)));
		check(start[1 + strlen(word)] == ']');
	}
	free(word);
}

/* Digits and nothing else, and the number that they are. */
static void check_digits(uint64_t number)
{
	char again[24];

	check(*text && strspn(text, "0123456789") == strlen(text));
	snprintf(again, sizeof(again), "%" PRIu64, number);
	check(!strcmp(text + strspn(text, "0"), again + (number == 0)));
}

static void check_number(void)
{
	uint64_t number = 0xa5;
	int err = read_number(&sys, "", &number);

	check(!err || err == -EPROTO || err == -E2BIG);
	if (err)
		check(number == 0xa5);
	else if (!strcmp(text, "max") || !strcmp(text, "-1"))
		check(number == UINT64_MAX);
	else
		check_digits(number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_string(data, size);

	text = copy;
	check_chosen();
	check_number();
	free(copy);
	return 0;
}
