# SPDX-License-Identifier: MIT
# shows: a next kernel told to make fewer pages still has all that came over
# arch: x86 arm64 arm64-64K
# hugepages: 16
stage_1() {
	keep_file 24M 112
	next_hugepages=4
}

stage_2() {
	expect_pool 12 0 0 0
	luo <<-'END'
		incoming s
		retrieve s f 1
		sh expect_pool 12 0 0 0
		check f 112
		finish s
		close f
		sh expect_pool 12 12 0 0
	END
}
