# SPDX-License-Identifier: MIT
# shows: the new kernel's pool counts preserved pages in, it has them once
# memory: 768
# hugepages: 150
stage_1() {
	keep_file 280M 111
}

stage_2() {
	# of 150 pages, which the machine has memory for just once
	expect_pool 150 10 0 0
	luo <<-'END'
		incoming s
		retrieve s f 1
		sh expect_pool 150 10 0 0
		check f 111
		finish s
		close f
		sh expect_pool 150 150 0 0
	END
}
