# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC1091,SC2034
# shows: the test that the series adds to selftests/liveupdate
# only: patched
# memory: 8192
# hugepages: 16
# args: hugepagesz=1G hugepages=5
# time: 400
. /lib/kselftest.sh

stage_1() {
	said liveupdate/module "Registered 3 FLBs with file handler: [hugetlb"
	ksft 'liveupdate/luo_hugetlb -s 1' ./luo_hugetlb -s 1
}

stage_2() {
	ksft 'liveupdate/luo_hugetlb -s 2' ./luo_hugetlb -s 2
}
