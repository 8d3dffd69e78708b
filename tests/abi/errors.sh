#!/bin/bash
# SPDX-License-Identifier: MIT
# The table of errors in hugepersist(7), the lists on the pages of the functions,
# and the texts of hp_strerror() have the same codes. No two texts are the same,
# and each is a sentence.
# usage: errors.sh INCLUDE_DIR MAN_DIR SHARED_LIB PYTHON CC [FLAGS]
set -euo pipefail

include=$1 man=$2 library=$3 python=$4 cc=$5 flags=${6-}
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Complain about each difference, and fail if there was one.
check() {
	local one other what status=0

	while read -r one other what; do
		if found=$(comm -23 "$work/$one" "$work/$other") && [ -n "$found" ]; then
			echo "$what: ${found//$'\n'/ }" >&2
			status=1
		fi
	done <<-'END'
		listed table in the list of a function, not in the table
		table listed in the table, in no list of a function
		table texts without a text in hp_strerror()
		texts table with a text in hp_strerror(), not in the table
	END
	[ -z "$(uniq -d "$work/sentences")" ] || {
		echo "one text for two codes:" >&2
		uniq -d "$work/sentences" >&2
		status=1
	}
	if grep -vE '^[A-Z][^~]*\.$' "$work/sentences" >&2; then
		echo "no sentence, see above" >&2
		status=1
	fi
	return "$status"
}
read_pages() { # MAN_DIR
	"$python" -B "$here/interface.py" errors "$1" >"$work/codes"
	sed -n 's/^hugepersist //p' "$work/codes" | sort >"$work/table"
	sed -n 's/^hp_[a-z_]* //p' "$work/codes" | sort -u >"$work/listed"
}
read_texts() { # FILE
	sed -n 's/^text \(-[^ ]*\) .*/\1/p' "$1" | sort >"$work/texts"
	sed -n 's/^text -[^ ]* //p' "$1" | sort >"$work/sentences"
}

read -ra extra <<<"$flags"
"$cc" "${extra[@]}" -I"$include" "$here/errors.c" "$library" \
	-Wl,-rpath,"$(dirname "$library")" -o "$work/errors"
"$work/errors" >"$work/all"

read_pages "$man"
read_texts "$work/all"
check || exit 1
echo "$(wc -l <"$work/table") codes, each with one meaning and one text"

# Controls: a code too many or too few in any of the three places is noticed.
control() { # WHAT
	if check 2>/dev/null; then
		echo "not noticed: $1" >&2
		exit 1
	fi
}
for edit in 'hugepersist.7 /^\*-ENOSPC\*$/,+1d' \
	'hugepersist.7 s/^\*-ENOSPC\*$/*-EDOM*/' \
	'hp_* s/^\*-ENOSPC\*$/*-EDOM*/'; do
	rm -rf "$work/man"
	cp -r "$man" "$work/man"
	# shellcheck disable=SC2086 # the first word is a pattern
	sed -i "${edit#* }" "$work"/man/${edit%% *}.scd
	read_pages "$work/man"
	control "$edit"
done
read_pages "$man"
for edit in '/^text -ENOSPC /d' 's/^text -ENOSPC /text -EDOM /' \
	's/^\(text -ENOSPC\) .*/\1 /' \
	"s/^text -ENOSPC .*/$(sed -n 's/^text -ENOMEM/text -ENOSPC/p' "$work/all" |
		sed 's/[\/&]/\\&/g')/"; do
	sed "$edit" "$work/all" >"$work/edited"
	read_texts "$work/edited"
	control "$edit"
done
