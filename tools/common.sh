# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# What the tools share: words on stderr, the cache, packages. Sourced by bash.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hugepersist

say() {
	printf '%s\n' "$*" >&2
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "this needs root: $*. Run it as root once, or install sudo."
	fi
}

have_package() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# need_packages PACKAGE...: install the Debian packages that are missing. On
# another distribution only says what is wanted, and the caller goes on: what
# is really missing there shows as a command that is not found.
need_packages() {
	local package
	local -a missing=()

	if ! command -v dpkg-query >/dev/null; then
		say "This is no Debian machine. Make sure that it has what these Debian packages hold: $*"
		return
	fi
	for package; do
		have_package "$package" || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0

	say "Installing with apt-get: ${missing[*]} (usually under two minutes)"
	if ! apt_install "${missing[@]}"; then
		as_root apt-get -q update >&2 || say "apt-get update failed, trying with the lists there are"
		apt_install "${missing[@]}" ||
			die "could not install ${missing[*]}. Install them by hand and run this again."
	fi
}

apt_install() {
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -q -y -o DPkg::Lock::Timeout=300 install \
		--no-install-recommends "$@" >&2
}

# What building everything and running it in a virtual machine takes
need_all_packages() {
	need_packages gcc g++ make cmake pkg-config liburing-dev libxxhash-dev \
		libjansson-dev libsystemd-dev memcached check zlib1g-dev redis-tools qemu-system-x86 \
		qemu-utils e2fsprogs cpio clang gcovr groff-base mandoc python3 \
		scdoc strace tcl valgrind xz-utils zstd
	# busybox-static and busybox exclude each other; either will do
	command -v busybox >/dev/null || need_packages busybox-static
	need_postgresql
}

# The PostgreSQL of this Debian, whichever version that is
need_postgresql() {
	local version

	command -v apt-cache >/dev/null || return 0
	version=$(apt-cache depends postgresql | sed -nE 's/.*Depends: postgresql-([0-9]+)$/\1/p')
	need_packages "postgresql-$version" "postgresql-server-dev-$version"
}
