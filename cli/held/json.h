/* SPDX-License-Identifier: MIT */
#ifndef HELD_JSON_H
#define HELD_JSON_H

#include <jansson.h>

#include "held/held.h"

/* "read", "missing", "damaged", ... */
const char *held_manifest_word(const struct held_session *session);

/* All that is held, as status --json prints it; NULL: no memory. */
json_t *held_object(const struct held *held);

#endif
