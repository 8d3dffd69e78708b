# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC1091,SC2034
# shows: selftests/mm migration: pages move between two memory nodes
# nodes: 2
# cpus: 4
# memory: 2048
# hugepages: 32
# time: 1200
. /lib/kselftest.sh

stage_1() {
	ksft_time=900
	ksft mm/migration ./migration
}
