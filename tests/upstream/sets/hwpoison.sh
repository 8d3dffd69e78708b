# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC1091
# shows: the tests of selftests/mm that take bad pages out of use
# cpus: 2
# memory: 1024
# hugepages: 64
# disk: 64
# time: 300
. /lib/kselftest.sh

stage_1() {
	ksft mm/hugetlb-soft-offline ./hugetlb-soft-offline
	echo 1 >/proc/sys/vm/enable_soft_offline
	ksft mm/hugetlb-read-hwpoison ./hugetlb-read-hwpoison
	# It wants files in the page cache that can be dropped and read again
	cp /kselftest/mm/memory-failure /tmp
	mount -t ext4 /dev/vda /kselftest/mm
	cp /tmp/memory-failure /kselftest/mm
	ksft mm/memory-failure ./memory-failure
}
