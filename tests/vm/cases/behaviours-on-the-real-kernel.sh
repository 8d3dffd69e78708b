# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC2154,SC2034
# shows: what the public header promises, case by case (tests/behaviour), with
# real kexecs; the unit tests run the same list on the fake kernel
# arm64: core
# arch: x86 arm64
# memory: 2048
# hugepages: 320
# time: 300
stages=4

stage() {
	behaviour "$stage" ordinary
	[ "$stage" -lt "$stages" ] || expect_all_free
}
