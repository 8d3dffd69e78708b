# SPDX-License-Identifier: MIT
# shows: neither a fault nor userfaultfd adds a page to a preserved file
# hugepages: 16
stage_1() {
	luo <<-'END'
		# it can, in a hole of a file that is not preserved
		memfd g 2M 4M
		map hole g rw 0 4M
		copyin hole 2M 2M
		is g blocks 4096
		close hole
		close g
		# a mapping past the end that was there before, made writable after
		memfd f 2M 8M
		fill f 83
		map past f r 0 12M
		create s
		preserve s f 1
		protect past rw
		is f size 8M
		expect SIGBUS store past 9M
		expect EFAULT copyin past 8M 2M
		expect EEXIST copyin past 2M 2M
		is f blocks 16384
		check f 83
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming s
		retrieve s f 1
		is f size 8M
		check f 83
		finish s
	END
	expect_pool 16 16 0 0
}
