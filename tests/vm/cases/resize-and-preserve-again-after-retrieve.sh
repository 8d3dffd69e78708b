# SPDX-License-Identifier: MIT
# shows: a retrieved file shrinks, grows, gets holes and is preserved again
# hugepages: 24
stage_1() {
	keep_file 16M 91
}

stage_2() {
	luo <<-'END'
		incoming s
		retrieve s f 1
		finish s
		close s
		check f 91
		sh expect_pool 24 16 0 0
		ftruncate f 12M
		sh expect_pool 24 18 0 0
		check f 91
		punch f 2M 2M
		sh expect_pool 24 19 0 0
		ftruncate f 20M
		fallocate f 16M 4M
		sh expect_pool 24 17 0 0
		fill f 92 16M 4M
		map m f rw 0 20M
		# the two holes that the mapping reserved for
		sh expect_pool 24 17 3 0
		store m 2M
		sh expect_pool 24 16 2 0
		close m
		create s
		preserve s f 1
		sh expect_pool 24 14 0 0
		hold
	END
}

stage_3() {
	luo <<-'END'
		incoming s
		retrieve s f 1
		is f size 20M
		check f 91 0 2M
		check f 91 4M 8M
		zero f 12M 4M
		check f 92 16M 4M
		finish s
		sh expect_pool 24 14 0 0
		close s
		close f
		sh expect_pool 24 24 0 0
	END
}
