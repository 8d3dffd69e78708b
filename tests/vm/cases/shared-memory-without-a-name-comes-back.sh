# SPDX-License-Identifier: MIT
# shows: the files behind a shared anonymous mapping and behind System V
# segments come back; of a private mapping the file comes, not the copies
# hugepages: 24
stage_1() {
	luo <<-'END'
		anonymous a memory 2M 8M
		segment v attached 2M 6M
		segment r gone 2M 4M removed
		fill memory 1
		fill attached 2
		fill gone 3
		memfd f 2M 4M
		fill f 4
		map own f rw 0 4M private
		fill own 5 0 2M
		sh expect_pool 24 12 1 0
		create s
		preserve s a 1
		preserve s v 2
		preserve s r 3
		preserve s f 4
		sh expect_pool 24 12 1 0
		expect EPERM ftruncate a 0
		# undone, and again
		close s
		sh expect_pool 24 12 1 0
		check memory 1
		check attached 2
		create s
		preserve s a 1
		preserve s v 2
		preserve s r 3
		preserve s f 4
		# nobody but the session has them now
		close memory
		close a
		close gone
		close r
		remove attached
		close attached
		close v
		close own
		close f
		sh expect_pool 24 13 0 0
		hold
	END
}

stage_2() {
	expect_pool 24 13 0 0
	luo <<-'END'
		incoming s
		retrieve s a 1
		retrieve s v 2
		retrieve s r 3
		retrieve s f 4
		check a 1
		check v 2
		check r 3
		check f 4
		is a size 8M
		is v size 6M
		is r size 4M
		finish s
		map m v rw 0 6M
		fill m 6
		ftruncate v 8M
		close m
		close a
		close v
		close r
		close f
		sh expect_pool 24 24 0 0
	END
}
