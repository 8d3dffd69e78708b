# SPDX-License-Identifier: MIT
# shows: who can only read a file, or only write it, can neither preserve it nor
# freeze it nor fill its holes; its owner can
# hugepages: 8
stage_1() {
	luo <<-'END'
		memfd f 2M 8M
		fill f 1 0 2M
		reopen reader f r
		reopen writer f w
		create s
		expect EACCES preserve s reader 1
		expect EACCES preserve s writer 1
		is f blocks 4096
		fallocate f 2M 2M
		punch f 2M 2M
		sh expect_pool 8 7 0 0
		preserve s f 1
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming s
		retrieve s f 1
		check f 1 0 2M
		finish s
	END
}
