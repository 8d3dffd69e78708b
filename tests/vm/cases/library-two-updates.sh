# SPDX-License-Identifier: MIT
# shows: two regions of the library come back whole, twice, by token
# arch: x86 arm64 arm64-64K
# hugepages: 20
stage_1() {
	library first &
	wait_for test -e /tmp/ready
}

stage_2() {
	library next &
	wait_for test -e /tmp/ready
}

stage_3() {
	library next &
	wait_for test -e /tmp/ready
	kill -9 $!
	wait $! || true
	expect_pool 20 20 0 0
}
