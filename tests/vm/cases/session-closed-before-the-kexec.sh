# SPDX-License-Identifier: MIT
# shows: closing the session undoes the preserve, and nothing is handed over
# hugepages: 16
stage_1() {
	luo <<-'END'
		memfd f 2M 8M
		fill f 41
		create s
		preserve s f 1
		expect EPERM ftruncate f 16M
		close s
		check f 41
		is f size 8M
		sh expect_pool 16 12 0 0
		# an ordinary file again
		ftruncate f 16M
		fallocate f 8M 8M
		punch f 0 2M
		zero f 0 2M
		ftruncate f 8M
		# looking at the hole filled it
		sh expect_pool 16 12 0 0
		hold
	END
}

stage_2() {
	expect_pool 16 16 0 0
	luo <<-'END'
		expect ENOENT incoming s
	END
}
