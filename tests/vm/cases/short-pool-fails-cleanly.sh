# SPDX-License-Identifier: MIT
# shows: a sparse file that the pool cannot fill is refused, and nothing but some
# of its holes is changed
# hugepages: 8
stage_1() {
	luo <<-'END'
		memfd f 2M 32M
		fill f 71 4M 4M
		is f blocks 8192
		sh expect_pool 8 6 0 0
		create s
		expect ENOMEM preserve s f 1
		# nothing left behind: the same pages, not frozen, not pinned
		is f size 32M
		is f blocks 8192
		sh expect_pool 8 6 0 0
		check f 71 4M 4M
		# One page too few is known when the other holes are filled
		memfd o 2M 2M
		fill o 72
		ftruncate f 16M
		expect ENOMEM preserve s f 1
		is f blocks 28672
		sh expect_pool 8 0 0 0
		close o
		check f 71 4M 4M
		# not frozen
		punch f 0 4M
		ftruncate f 8M
		sh expect_pool 8 6 0 0
		# and with room it works, in the same session
		preserve s f 1
		is f blocks 16384
		zero f 0 4M
		check f 71 4M 4M
		sh expect_pool 8 4 0 0
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming s
		retrieve s f 1
		is f size 8M
		zero f 0 4M
		check f 71 4M 4M
		finish s
		close f
		sh expect_pool 8 8 0 0
	END
}
