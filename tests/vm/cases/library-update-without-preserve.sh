# SPDX-License-Identifier: MIT
# shows: a program that preserved nothing is told that nothing came back
# hugepages: 20
stage_1() {
	library none
}

stage_2() {
	library none
	library first &
	wait_for test -e /tmp/ready
}
