# SPDX-License-Identifier: MIT
# shows: a 1 GiB page of a pool made at run time comes back to a kernel that was
# told of no such pool, twice
# memory: 5120
stage_1() {
	make_1g 1
	luo <<-'END'
		memfd f 1G 1G
		fill f 33
		create s
		preserve s f 1
		hold
	END
}

stage_2() {
	expect_pool 1G 1 0 0 0
	luo <<-'END'
		incoming s
		retrieve s f 1
		check f 33
		finish s
		close s
		map whole f rw 0 1G
		fill whole 34 256M 512M
		close whole
		create s
		preserve s f 1
		sh expect_pool 1G 1 0 0 0
		hold
	END
}

stage_3() {
	expect_pool 1G 1 0 0 0
	luo <<-'END'
		incoming s
		retrieve s f 1
		map whole f rw 0 1G
		check whole 33 0 256M
		check whole 34 256M 512M
		check whole 33 768M 256M
		close whole
		finish s
	END
	expect_pool 1G 1 1 0 0
}
