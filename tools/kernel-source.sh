# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# Where the kernel's source comes from, and the tree that is built. Sourced by
# tools/kernel.

# shellcheck source-path=SCRIPTDIR source=archive.sh
. "$top/tools/archive.sh"

# find_source [DIR|TARBALL]: set source_kind (dir or tar), source_path,
# source_version and source_id, which changes when the source does
find_source() {
	local base=$top/kernel-patches/7.3/base

	package=$(sed -n 's/^package=//p' "$base")
	suite=$(sed -n 's/^suite=//p' "$base")
	base_version=$(sed -n 's/^version=//p' "$base")

	if [ -z "$1" ]; then
		fetch_debian_source
	elif [ -d "$1" ]; then
		[ -f "$1/mm/hugetlb.c" ] ||
			die "$1 is no Linux source tree. Give the directory that has Kbuild, mm/ and kernel/."
		source_kind=dir
		source_path=$(realpath "$1")
		need_packages rsync
		source_version=$(makefile_version <"$source_path/Makefile")
		source_id="dir $source_path $(cd "$source_path" &&
			find . -name .git -prune -o -type f -printf '%P %s %T@\n' |
			LC_ALL=C sort | sha256sum)"
	elif [ -f "$1" ]; then
		use_tarball "$(realpath "$1")"
	else
		die "--source $1: no such directory or file"
	fi
	case $source_version in
	"$base_version") ;;
	"${base_version%.*}".*)
		say "Note: the series was written against $base_version, this source is $source_version"
		;;
	*)
		die "this source is Linux $source_version, the patches are for ${base_version%.*}: give a ${base_version%.*} source with --source"
		;;
	esac
}

makefile_version() {
	awk '$2 == "=" && /^(VERSION|PATCHLEVEL|SUBLEVEL) / { v = v (v == "" ? "" : ".") $3 }
	     NR > 5 { exit } END { print v }'
}

use_tarball() {
	local note sum

	source_kind=tar
	source_path=$1
	# Reading the version out of a compressed tarball takes seconds: noted
	sum=$(sha256sum <"$1" | cut -c 1-24)
	note=$cache/tree/version.$sum
	if [ ! -s "$note" ]; then
		mkdir -p "${note%/*}"
		# tar is cut off as soon as the Makefile was seen
		{ tar -xOf "$1" --occurrence=1 --wildcards --no-wildcards-match-slash \
			'*/Makefile' 2>/dev/null || true; } |
			makefile_version >"$note.new"
		[ -s "$note.new" ] || die "$1 holds no Linux source: its top directory has no Makefile"
		mv "$note.new" "$note"
	fi
	source_version=$(cat "$note")
	source_id="tar $sum"
}

# Debian's source package, from the suite that has it, through lists of our
# own: the machine's package lists stay as they are.
fetch_debian_source() {
	local apt=$cache/apt deb tarball

	tarball=$apt/source/usr/src/$package.tar.xz
	if [ ! -e "$tarball" ]; then
		command -v apt-get >/dev/null ||
			die "no apt-get here to fetch $package with: give a Linux ${base_version%.*} tree or tarball with --source"
		mkdir -p "$apt"
		(
			flock 8
			deb=$(find "$apt" -maxdepth 1 -name "${package}_*_all.deb" | head -n 1)
			if [ -z "$deb" ]; then
				download_debian_source
				deb=$(find "$apt" -maxdepth 1 -name "${package}_*_all.deb" | head -n 1)
			fi
			say "Unpacking ${deb##*/}"
			rm -rf "$apt/source.new"
			dpkg-deb -x "$deb" "$apt/source.new" ||
				die "$deb is damaged: delete it and run this again"
			rm -rf "$apt/source"
			mv "$apt/source.new" "$apt/source"
			rm -f "$deb"	# the tarball inside is all that is used
		) 8>"$apt/lock"
		[ -e "$tarball" ] || die "Debian's $package holds no usr/src/$package.tar.xz: give a tree or tarball with --source"
	fi
	use_tarball "$tarball"
}

download_debian_source() {
	say "Fetching $package from Debian's $suite (about 170 MB, once)"
	download "$cache/apt" "$package" ||
		die "could not fetch $package from $suite with the mirrors of this machine's apt: give a Linux ${base_version%.*} tree or tarball with --source"
}

# read_series: set patches to those of the series, in order
read_series() {
	local folder=$top/kernel-patches/7.3 name

	patches=()
	[ -r "$folder/series" ] ||
		die "no $folder/series: restore it from git, or build with --stock"
	while read -r name _; do
		case $name in '' | '#'*) continue ;; esac
		[ -r "$folder/$name" ] ||
			die "series names $name, which is not in $folder: restore it or correct the series"
		patches+=("$folder/$name")
	done <"$folder/series"
	[ ${#patches[@]} -gt 0 ] ||
		die "series names no patch: restore it from git, or build with --stock"
}

# not_so CONFIG: those of the lines on stdin that are not true in CONFIG
not_so() {
	local line option

	while read -r line; do
		case $line in
		CONFIG_*)
			grep -qxF -- "$line" "$1" || printf '  %s\n' "$line"
			;;
		'# CONFIG_'*' is not set')
			option=${line#\# }
			! grep -q "^${option%% *}=" "$1" || printf '  %s\n' "$line"
			;;
		esac
	done
}

# fill_tree TREE: TREE/source holds the source, with the patches of last time
fill_tree() {
	local tree=$1

	if [ "$source_kind" = dir ]; then
		mkdir -p "$tree/source" "$tree/original"
		( cd "$tree/original" && find . -type f -printf '/%P\n' ) >"$tree/patched"
		[ ! -e "$tree/added" ] || sed 's,^,/,' "$tree/added" >>"$tree/patched"
		# Files that changed get today's date, so that make sees them
		rsync -rlp --checksum --delete --exclude=/.git \
			--exclude-from="$tree/patched" "$source_path/" "$tree/source/" ||
			die "could not copy $source_path to $tree/source"
	elif [ ! -e "$tree/unpacked" ]; then
		say "Unpacking the source (about half a minute, once)"
		rm -rf "$tree/source" "$tree"/object* "$tree/original" "$tree/added"
		mkdir -p "$tree/source" "$tree/original"
		tar -xf "$source_path" -C "$tree/source" --strip-components=1 ||
			die "could not unpack $source_path to $tree/source"
		touch "$tree/unpacked"
	fi
}

# original TREE FILE: where FILE is as the source has it; may not exist
original() {
	if [ "$source_kind" = dir ]; then
		printf '%s\n' "$source_path/$2"
	elif [ -e "$1/original/$2" ] || grep -qxF -- "$2" "$1/added" 2>/dev/null; then
		printf '%s\n' "$1/original/$2"
	else
		printf '%s\n' "$1/source/$2"
	fi
}

# patch_tree TREE PATCH...: make TREE/source the source with exactly these
# patches. They are applied to copies of the files they touch, and only files
# that come out different are replaced: the rest keeps its date and is not
# compiled again.
patch_tree() {
	local tree=$1 file from patch
	shift

	rm -rf "$tree/new"
	mkdir -p "$tree/new"
	: >>"$tree/added"
	for patch; do
		sed -n -e 's,^--- a/\([^	]*\).*,\1,p' -e 's,^+++ b/\([^	]*\).*,\1,p' \
			-e 's,^rename from ,,p' -e 's,^rename to ,,p' "$patch"
	done | LC_ALL=C sort -u >"$tree/touched"

	while read -r file; do
		from=$(original "$tree" "$file")
		[ -e "$from" ] || continue
		mkdir -p "$tree/new/$(dirname "$file")"
		cp -p "$from" "$tree/new/$file"
	done <"$tree/touched"
	for patch; do
		if ! patch -d "$tree/new" -p1 --fuzz=0 --forward --no-backup-if-mismatch \
			--input="$patch" >"$tree/patch.log" 2>&1 </dev/null; then
			cat "$tree/patch.log" >&2
			die "${patch##*/} does not apply to this source (see above): the series is for ${base_version}"
		fi
	done

	# Files that only the patches of last time touched go back first
	{ cat "$tree/added"; (cd "$tree/original" && find . -type f -printf '%P\n'); } |
		while read -r file; do
			grep -qxF -- "$file" "$tree/touched" && continue
			from=$(original "$tree" "$file")
			if [ -e "$from" ]; then
				cp "$from" "$tree/source/$file"
			else
				rm -f "$tree/source/$file"
			fi
			rm -f "$tree/original/$file"
		done
	# Now those of this time. What is noted is noted before the file is
	# changed: this may be interrupted anywhere.
	while read -r file; do
		[ -e "$(original "$tree" "$file")" ] || echo "$file"
	done <"$tree/touched" >"$tree/added.new"
	mv "$tree/added.new" "$tree/added"
	while read -r file; do
		from=$(original "$tree" "$file")
		if [ ! -e "$from" ]; then
			:
		elif [ ! -e "$tree/original/$file" ]; then
			mkdir -p "$tree/original/$(dirname "$file")"
			cp -p "$from" "$tree/original/$file"
		fi
		if [ ! -e "$tree/new/$file" ]; then
			rm -f "$tree/source/$file"
		elif ! cmp -s "$tree/new/$file" "$tree/source/$file"; then
			mkdir -p "$tree/source/$(dirname "$file")"
			cp "$tree/new/$file" "$tree/source/$file"
		fi
	done <"$tree/touched"
}
