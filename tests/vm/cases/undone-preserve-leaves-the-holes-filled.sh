# SPDX-License-Identifier: MIT
# shows: a sparse file is full after its preservation was undone, and each page
# of it is one that was reserved for it, if there was one
# hugepages: 16
stage_1() {
	luo <<-'END'
		memfd f 2M 16M
		fill f 1 4M 4M
		map m f rw 0 8M
		sh expect_pool 16 14 2 0
		create s
		preserve s f 1
		sh expect_pool 16 8 0 0
		close s
		check f 1 4M 4M
		zero f 0 4M
		is f blocks 32768
		sh expect_pool 16 8 0 0
		# not frozen
		punch f 8M 8M
		sh expect_pool 16 12 0 0
		close m
		close f
		sh expect_pool 16 16 0 0
	END
}
