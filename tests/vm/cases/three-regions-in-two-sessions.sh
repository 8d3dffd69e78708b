# SPDX-License-Identifier: MIT
# shows: three files in two sessions come back by token, in any order
# hugepages: 24
stage_1() {
	luo <<-'END'
		memfd a 2M 2M
		memfd b 2M 16M
		memfd c 2M 6M
		fill a 1
		fill b 2
		fill c 3
		create one
		create two
		preserve one a 1
		preserve two b 0xfffffffffffffffe
		preserve one c 2
		expect EEXIST preserve one b 1
		expect EBUSY preserve two a 9
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming two
		incoming one
		expect ENOENT retrieve two x 1
		retrieve one c 2
		retrieve two b 0xfffffffffffffffe
		retrieve one a 1
		check a 1
		check b 2
		check c 3
		is a size 2M
		is b size 16M
		is c size 6M
		finish one
		check b 2
		finish two
		check a 1
		check b 2
		check c 3
		sh expect_pool 24 12 0 0
	END
	expect_pool 24 24 0 0
}
