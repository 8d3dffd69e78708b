/* SPDX-License-Identifier: MIT */
/*
 * Files that the program writes, atomically, and knows again by their first
 * line. Functions return 0 or a negative errno.
 */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>

/* The first line of every one. */
#define FILES_MARK "# Written by hugepersist setup; --remove takes it away.\n"

enum files_state {
	FILES_SAME,    /* it says that already */
	FILES_NEW,     /* there is none */
	FILES_OTHER,   /* it is ours, and says something else */
	FILES_NOT_OURS /* it is somebody else's */
};

/* What is there, compared with a text that begins with the mark. */
int files_look(const char *path, const char *text, enum files_state *ret_state);

/* The folders above that path. */
int files_make_folder(const char *path);

/* With its folder; whoever looks sees the old text or the new one, on disk. */
int files_write(const char *path, const char *text);

/* And its folder, if that is called *.d and is empty then. */
int files_remove(const char *path);

#endif
