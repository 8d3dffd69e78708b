# SPDX-License-Identifier: MIT
# shows: a file with as many pages as its size takes, but a hole and a page past its
# end, is full when it is preserved, and each page is charged
# hugepages: 16
stage_1() {
	in_cgroup app luo <<-'END'
		memfd f 2M 8M
		fill f 17 0 6M
		fallocate-past f 8M 2M
		is f size 8M
		is f blocks 16384
		create s
		preserve s f 1
		is f blocks 20480
		sh expect_cgroup app 5 5
		hold
	END
	expect_pool 16 11 0 0
}

stage_2() {
	expect_pool 16 12 0 0
	luo <<-'END'
		incoming s
		retrieve s f 1
		is f size 8M
		is f blocks 16384
		check f 17 0 6M
		zero f 6M 2M
		finish s
	END
	expect_pool 16 16 0 0
}
