# SPDX-License-Identifier: MIT
# shows: a session of 1,000 regions is preserved, listed and reclaimed
# memory: 4096
# hugepages: 1100
# time: 300
stage_1() {
	behaviour 1 large
}

stage_2() {
	behaviour 2 large
	expect_all_free
}
