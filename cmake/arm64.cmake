# SPDX-License-Identifier: MIT
# Build for arm64 on another machine, with Debian's cross compiler and libraries:
#
#   cmake -S . -B build/arm64 -DCMAKE_TOOLCHAIN_FILE=cmake/arm64.cmake \
#	-DHP_SYSROOT=$(tools/sysroot)
#
# What is built runs in the machines of tests/vm/run-case --arch arm64.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

set(HP_SYSROOT "" CACHE PATH "What tools/sysroot prints")
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES HP_SYSROOT)
if(NOT IS_DIRECTORY "${HP_SYSROOT}/usr/lib/aarch64-linux-gnu")
	message(FATAL_ERROR "Give what tools/sysroot prints: -DHP_SYSROOT=DIR")
endif()
set(CMAKE_SYSROOT ${HP_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(ENV{PKG_CONFIG_LIBDIR}
	${HP_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${HP_SYSROOT}/usr/share/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${HP_SYSROOT})
# What runs inside the test machines
foreach(program STRACE:strace REDIS_CLI:redis-cli
	REDIS_BENCHMARK:redis-benchmark REDIS_SERVER:redis-check-rdb)
	string(REPLACE ":" ";" program ${program})
	list(GET program 0 name)
	list(GET program 1 file)
	set(HP_${name} ${HP_SYSROOT}/usr/bin/${file} CACHE FILEPATH "")
endforeach()
