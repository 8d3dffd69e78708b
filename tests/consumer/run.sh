#!/bin/bash
# SPDX-License-Identifier: MIT
# Install into an empty tree and build a separate program against it: through
# pkg-config and through CMake, with the shared and the static library, in C and
# in C++.
# usage: run.sh BUILD_DIR WORK_DIR VERSION CMAKE CC CXX [FLAGS]
set -euo pipefail

build=$1 work=$2 version=$3 cmake=$4 cc=$5 cxx=$6 flags=${7-}
here=$(cd "$(dirname "$0")" && pwd)
prefix=$work/prefix
# Below 1.0 a minor release may change the interface, and has its own name.
soname=libhugepersist.so.${version%.*}

fail() {
	echo "consumer: $*" >&2
	exit 1
}
needs_library() { # PROGRAM: does it load our shared library?
	readelf -d "$1" | grep NEEDED | grep -qF "[$soname]"
}
run_shared() { # PROGRAM
	needs_library "$1" || fail "$1 does not use $soname"
	LD_LIBRARY_PATH=$libdir "$1" "$version"
	# Control: the program does look at what it was given.
	if LD_LIBRARY_PATH=$libdir "$1" 99.0.0 2>/dev/null; then
		fail "$1 accepts any version"
	fi
}
run_static() { # PROGRAM
	! needs_library "$1" || fail "$1 uses the shared library"
	"$1" "$version"
}

rm -rf "$work"
mkdir -p "$work"

echo "== install, moved by --prefix and by DESTDIR"
"$cmake" --install "$build" --prefix "$prefix" >"$work/install.log"
DESTDIR=$work/dest "$cmake" --install "$build" >>"$work/install.log"
config=$(find "$prefix" -name hugepersist.pc)
libdir=$(dirname "$(dirname "$config")")
find "$work/dest" -name "$soname" | grep -q . ||
	fail "DESTDIR was not respected"
for file in include/hugepersist/hugepersist.h include/hugepersist/save.h \
	bin/hugepersist \
	share/man/man3/hp_session_open.3 share/man/man7/hugepersist.7; do
	[ -s "$prefix/$file" ] || fail "not installed: $file"
done
if grep -rqF "$build" "$prefix" --include='*.pc' --include='*.cmake'; then
	fail "installed files name the build directory"
fi

echo "== pkg-config"
export PKG_CONFIG_PATH=$libdir/pkgconfig
read -ra extra <<<"$flags"
for package in hugepersist hugepersist-save; do
	pkg-config --exact-version="$version" $package
	read -ra shared <<<"$(pkg-config --cflags --libs $package)"
	read -ra static <<<"$(pkg-config --static --cflags --libs $package)"
	define=()
	[ $package = hugepersist ] || define=(-DWITH_SAVE)
	"$cc" "${extra[@]}" "${define[@]}" "$here/consumer.c" "${shared[@]}" \
		-o "$work/pc-$package"
	run_shared "$work/pc-$package"
	"$cc" "${extra[@]}" "${define[@]}" "$here/consumer.c" -Wl,-Bstatic \
		"${static[@]}" -Wl,-Bdynamic -o "$work/pc-static-$package"
	run_static "$work/pc-static-$package"
	"$cxx" "${extra[@]}" "${define[@]}" -std=c++11 -Wall -Wextra -Werror \
		-x c++ "$here/consumer.c" -x none "${shared[@]}" \
		-o "$work/pc-c++-$package"
	run_shared "$work/pc-c++-$package"
done
# Who does not save needs nothing for it, neither to link nor to run.
if pkg-config --static --libs hugepersist | grep -q uring; then
	fail "hugepersist.pc names liburing"
fi
if readelf -d "$work/pc-hugepersist" "$libdir/libhugepersist.so" |
	grep NEEDED | grep -vE 'libc\.so|libhugepersist\.so|lib.*san'; then
	fail "libhugepersist needs more than the C library"
fi
# Control: it is the installed file that made this work.
if PKG_CONFIG_LIBDIR=$work PKG_CONFIG_PATH='' pkg-config hugepersist; then
	fail "pkg-config finds hugepersist in an empty directory"
fi

echo "== find_package"
components="shared;static;save;save_static"
configure() { # VERSION DIR [CMAKE_OPTION]
	"$cmake" -S "$here/cmake" -B "$2" -DWANTED="$1" \
		-DCOMPONENTS="$components" \
		-DCMAKE_C_COMPILER="$cc" -DCMAKE_C_FLAGS="$flags" \
		-DCMAKE_PREFIX_PATH="$prefix" ${3+"$3"} >"$2.log" 2>&1
}
configure "${version%.*}" "$work/project" || {
	cat "$work/project.log" >&2
	fail "find_package failed"
}
"$cmake" --build "$work/project" >>"$work/project.log" 2>&1 || {
	cat "$work/project.log" >&2
	fail "the CMake project does not build"
}
for kind in hugepersist save; do
	run_shared "$work/project/with-$kind"
	run_static "$work/project/with-${kind}_static"
done
# Control: a version that is not there is refused.
if configure 99.0 "$work/refused"; then
	fail "find_package accepts any version"
fi
# Without liburing there is no static library that saves, and the reason is one
# sentence.
if configure "${version%.*}" "$work/no-uring" \
	-DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF; then
	fail "the static library that saves is found without liburing"
fi
tr -s ' \n' ' ' <"$work/no-uring.log" | grep -qF \
	"install its development files (liburing-dev, liburing-devel) or use" || {
	cat "$work/no-uring.log" >&2
	fail "the message about liburing is not what it should be"
}
echo "all consumers work"
