# SPDX-License-Identifier: MIT
# shows: what the public header promises for pages of 1 GiB (tests/behaviour)
# memory: 5120
# hugepages: 64
# args: hugepagesz=1G hugepages=2
# time: 300
stage_1() {
	behaviour 1 gigantic
}

stage_2() {
	behaviour 2 gigantic
	expect_all_free
	expect_pool 1G 2 2 0 0
}
