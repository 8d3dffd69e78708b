# SPDX-License-Identifier: MIT
# shows: a case of tests/behaviour whose expectation is wrong fails here, too
# hugepages: 64
stage_1() {
	behaviour 1 controls
}

stage_2() {
	behaviour 2 controls
}
