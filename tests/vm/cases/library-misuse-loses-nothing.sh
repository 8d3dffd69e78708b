# SPDX-License-Identifier: MIT
# shows: what LUO would punish with lost data is a clear error of the library
# hugepages: 20
stage_1() {
	library first &
	wait_for test -e /tmp/ready
}

stage_2() {
	library misuse
	expect_pool 20 20 0 0
	library none
}
