# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC1091,SC2034
# shows: charging of huge pages: selftests/mm and selftests/cgroup
# cpus: 2
# memory: 1024
# hugepages: 40
# time: 900
. /lib/kselftest.sh

stage_1() {
	ksft_time=700
	mkdir -p /mnt
	ksft mm/charge_reserved_hugetlb.sh bash ./charge_reserved_hugetlb.sh -cgroup-v2
	ksft mm/hugetlb_reparenting_test.sh bash ./hugetlb_reparenting_test.sh -cgroup-v2
	# It looks at how cgroups are mounted
	mount -o remount,memory_hugetlb_accounting /cgroup
	ksft cgroup/test_hugetlb_memcg ./test_hugetlb_memcg
}
