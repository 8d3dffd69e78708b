/* SPDX-License-Identifier: MIT */
/*
 * Names of descriptors in a store. Every local user can read them, so they tell
 * no label and no content. No two files have the same name:
 *
 *	hugepersist.SESSION.ID			the manifest
 *	hugepersist.SESSION.ID.TOKEN.INCARNATION	a region
 *
 * SESSION is the name of the session, in which everything but letters, digits,
 * '-' and '_' is %XX. The others are 16 hexadecimal digits.
 */
#ifndef HP_NAMES_H
#define HP_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hugepersist/hugepersist.h>

/* systemd takes up to 255 bytes; with a zero. */
#define HP_STORE_NAME_SIZE 256

/* The part up to and with the dot after the session. */
#define HP_STORE_PREFIX_SIZE (sizeof("hugepersist..") + 3 * HP_NAME_MAX)

struct hp_store_name {
	bool manifest;
	uint64_t id, token, incarnation;
};

void hp_store_prefix(char ret_prefix[HP_STORE_PREFIX_SIZE],
		     const char *session);

void hp_store_name(char ret_name[HP_STORE_NAME_SIZE], const char *prefix,
		   const struct hp_store_name *name);

/* Of that session? False: another name. */
bool hp_store_parse(const char *text, size_t length, const char *prefix,
		    struct hp_store_name *ret_name);

#endif
