/* SPDX-License-Identifier: MIT */
#ifndef SYSTEMCTL_H
#define SYSTEMCTL_H

#include <stdbool.h>

/* Is systemd the first process? As sd_booted(3). */
bool systemctl_is_there(void);

/*
 * A program of the host, as systemctl, with these words: its exit status, or -1 if
 * it did not come to that.
 */
int systemctl_run(char *const *words);

#endif
