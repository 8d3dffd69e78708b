/* SPDX-License-Identifier: MIT */
/*
 * Which sessions this process gave to the service manager and closed. They do not
 * come back to this process: a second open of the name would find nothing and
 * start anew.
 */
#ifndef HP_GIVEN_H
#define HP_GIVEN_H

#include "store/store.h"

/* -EBUSY: it is one of them. */
int hp_given_check(const struct hp_store *store);

/* It is one of them from now on. -EBUSY: it is already. -ENOMEM. */
int hp_given_remember(const struct hp_store *store);

/* The manager does not have it any more. */
void hp_given_forget(const struct hp_store *store);

#endif
