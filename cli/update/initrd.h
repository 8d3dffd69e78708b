/* SPDX-License-Identifier: MIT */
/*
 * An initrd, as far as memory that is handed over is concerned: systemd in it
 * takes what the last kernel left, and gives it to the systemd of the host. The
 * file is not trusted.
 */
#ifndef INITRD_H
#define INITRD_H

#include <stdbool.h>
#include <stddef.h>

struct initrd {
	unsigned int files; /* that it has */
	bool has_init;
	bool systemd_first; /* its init is systemd */
	int systemd;	    /* its version; 0: not known */
};

/*
 * A negative errno. -EBADMSG: it is no initrd, or it is damaged. -EOPNOTSUPP: it
 * is compressed in a way that cannot be undone here.
 */
int initrd_read(const char *path, struct initrd *ret_initrd);

/* The same of bytes. */
int initrd_parse(const unsigned char *bytes, size_t size,
		 struct initrd *ret_initrd);

/*
 * Does memory come through it? NULL: yes. Else why not; *ret_known is false if
 * it may.
 */
const char *initrd_obstacle(const struct initrd *initrd, bool *ret_known);

#endif
