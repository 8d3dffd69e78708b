// SPDX-License-Identifier: MIT
/*
 * Two records, with a zero byte between, against each other and themselves.
 */
#include "../../cli/update/compare.h"
#include "fuzz.h"

static void compare(const json_t *before, const json_t *after)
{
	struct comparison result;

	compare_records(before, after, &result);
	check(json_is_array(result.missing));
	for (size_t i = 0; i < json_array_size(result.missing); i++)
		check(json_is_string(json_array_get(result.missing, i)));
	json_decref(result.missing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
	size_t length = zero ? (size_t)(zero - data) : size;
	json_t *first, *second = NULL;

	first = json_loadb((const char *)data, length, JSON_REJECT_DUPLICATES,
			   NULL);
	if (zero)
		second = json_loadb((const char *)zero + 1, size - length - 1,
				    JSON_REJECT_DUPLICATES, NULL);
	compare(first, second);
	compare(second, first);
	compare(first, first);
	json_decref(first);
	json_decref(second);
	return 0;
}
