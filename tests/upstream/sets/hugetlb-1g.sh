# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC1091,SC2034
# shows: the tests of selftests/mm that take every page size, 1 GiB too
# cpus: 2
# memory: 8192
# hugepages: 16
# disk: 512
# args: hugepagesz=1G hugepages=4
# time: 3600
. /lib/kselftest.sh

stage_1() {
	swap_on
	ksft mm/thuge-gen ./thuge-gen
	ksft 'mm/hugetlb-mmap 1024 30' ./hugetlb-mmap 1024 30
	# Each of their hundred tests once more with 1 GiB pages
	ksft_time=1800
	ksft mm/gup_longterm ./gup_longterm
	ksft mm/cow ./cow
}
