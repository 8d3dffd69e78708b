# SPDX-License-Identifier: MIT
# shows: FINISH gives pages nobody retrieved to the pool, usable as any
# hugepages: 16
stage_1() {
	luo <<-'END'
		memfd f 2M 8M
		memfd g 2M 8M
		fill f 61
		fill g 62
		create s
		preserve s f 1
		preserve s g 2
		hold
	END
}

stage_2() {
	expect_pool 16 8 0 0
	luo <<-'END'
		incoming s
		retrieve s f 1
		check f 61
		finish s
		close s
		sh expect_pool 16 12 0 0
		close f
		sh expect_pool 16 16 0 0
		memfd all 2M 32M
		fill all 63
		check all 63
		sh expect_pool 16 0 0 0
	END
	expect_pool 16 16 0 0
}
