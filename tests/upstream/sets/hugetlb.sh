# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC1091,SC2034
# shows: the hugetlb part of selftests/mm, with 2 MiB pages
# cpus: 2
# memory: 2048
# hugepages: 160
# time: 2400
. /lib/kselftest.sh

stage_1() {
	ksft mm/hugetlb-mmap ./hugetlb-mmap
	ksft mm/hugetlb-shm ./hugetlb-shm
	ksft mm/hugetlb-mremap ./hugetlb-mremap
	ksft mm/hugetlb-madvise ./hugetlb-madvise
	ksft mm/hugetlb_dio ./hugetlb_dio
	# Twenty thousand threads
	ksft_time=900
	ksft mm/hugetlb_fault_after_madv ./hugetlb_fault_after_madv
	ksft mm/hugetlb_madv_vs_map ./hugetlb_madv_vs_map
	ksft mm/compaction_test ./compaction_test
	# busybox's gzip does not read what is not compressed
	gzip -c /boot/config >"/boot/config-$(uname -r)"
	ksft mm/va_high_addr_switch bash ./va_high_addr_switch.sh
}
