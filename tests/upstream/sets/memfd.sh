# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC1091
# shows: selftests/memfd, with small and with huge pages
# cpus: 2
# memory: 1024
# hugepages: 16
# time: 300
. /lib/kselftest.sh

stage_1() {
	ksft memfd/memfd_test ./memfd_test
	ksft memfd/run_fuse_test.sh sh ./run_fuse_test.sh
	ksft memfd/run_hugetlbfs_test.sh bash ./run_hugetlbfs_test.sh
}
