# SPDX-License-Identifier: MIT
# shows: the library says EOPNOTSUPP on Linux 7.3 without the series
# kernel: stock
# hugepages: 20
stage_1() {
	library stock
	expect_pool 20 20 0 0
}
