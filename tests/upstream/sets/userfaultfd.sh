# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC1091,SC2034
# shows: the tests of selftests/mm that reach huge pages through userfaultfd,
# pinning and pagemap
# cpus: 2
# memory: 2048
# hugepages: 300
# disk: 512
# time: 3600
. /lib/kselftest.sh

stage_1() {
	swap_on
	# 114 tests, each a fault after the other
	ksft_time=1800
	ksft mm/uffd-unit-tests ./uffd-unit-tests
	ksft 'mm/uffd-stress hugetlb' ./uffd-stress hugetlb 128 4
	ksft 'mm/uffd-stress hugetlb-private' ./uffd-stress hugetlb-private 128 4
	ksft mm/uffd-wp-mremap ./uffd-wp-mremap
	ksft mm/pagemap_ioctl ./pagemap_ioctl
	for how in -u -U -a -b -L; do
		for write in -w -W; do
			for share in '-S' ''; do
				# shellcheck disable=SC2086
				ksft "mm/gup_test -H $how $write $share" \
					./gup_test -H -m 256 $how $write $share -n 123
			done
		done
	done
}
