// SPDX-License-Identifier: MIT
#include <stddef.h>

#include "node_list.h"
#include "number.h"

bool hp_node_list_take(const char **list, uint64_t *ret_first,
		       uint64_t *ret_last)
{
	uint64_t first, last;
	const char *at;

	at = hp_number_take(*list, 10, &first);
	if (!at)
		return false;
	last = first;
	if (*at == '-')
		at = hp_number_take(at + 1, 10, &last);
	if (!at)
		return false;
	*list = *at == ',' ? at + 1 : "";
	*ret_first = first;
	*ret_last = last;
	return true;
}
