#!/bin/bash
# SPDX-License-Identifier: MIT
# The C code in the EXAMPLE sections of the man pages compiles without a warning.
# usage: examples.sh INCLUDE_DIR MAN_DIR CC
set -euo pipefail

include=$1 man=$2 cc=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Names that are the application's own.
cat >"$work/application.h" <<'END'
#include <errno.h>
#include <hugepersist/save.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define POOL 1
#define POOL_BYTES (UINT64_C(64) << 30)

extern struct hp_session *s;
extern struct hp_region *r;
extern int rc;
extern const uint64_t tokens[];
extern const unsigned int tokens_count;
hp_log_fn to_syslog;
hp_wait_fn still_here;
void pause_and_tell(int error);
void pool_format(void *pool);
void pool_recover(void *pool);
void serve_until_sigterm(void *pool);
void stop_writers(void);
void start_writers(void);
void tell_manager(const char *state);
bool update_was_called_off(void);
END

# extract PAGE: its examples as one C file. What is indented is a part of a
# function.
extract() {
	local line inside='' examples='' parts=0 part=''

	echo '#include "application.h"'
	while IFS= read -r line; do
		case $line in
		'# EXAMPLE'*) examples=1 ;;
		'# '*) examples='' ;;
		'```')
			[ -n "$examples" ] || continue
			[ -z "$part" ] || echo '}'
			part=''
			if [ -z "$inside" ]; then inside=new; else inside=''; fi
			;;
		*)
			[ -n "$inside" ] || continue
			if [ "$inside" = new ] && [[ $line == $'\t'* ]]; then
				part=$((parts += 1))
				echo "void part_$part(void);"
				echo "void part_$part(void) {"
			fi
			inside=1
			printf '%s\n' "$line"
			;;
		esac
	done <"$1"
}
compiles() { # PAGE
	extract "$1" >"$work/example.c"
	"$cc" -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wmissing-prototypes -Werror \
		-fsyntax-only -I"$include" -I"$work" "$work/example.c"
}

count=0
for page in "$man"/*.[37].scd; do
	grep -q '^# EXAMPLE' "$page" || continue
	compiles "$page" || {
		echo "examples: see above, of ${page##*/}" >&2
		exit 1
	}
	count=$((count + 1))
done
echo "the examples of $count pages compile"
[ "$count" -gt 5 ]

# Controls: a mistake in a whole function, and in a part of one, is noticed.
sed 's/hp_session_preserve(session)/hp_session_preserve()/' \
	"$man/hugepersist.7.scd" >"$work/whole.scd"
sed 's/hp_session_seal(s)/hp_session_seals(s)/' \
	"$man/hp_session_seal.3.scd" >"$work/part.scd"
for broken in whole part; do
	if compiles "$work/$broken.scd" 2>/dev/null; then
		echo "examples: a mistake is not noticed: $broken" >&2
		exit 1
	fi
done
