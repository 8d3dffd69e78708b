# SPDX-License-Identifier: MIT
# shows: the last close of an incoming session frees what was not retrieved
# hugepages: 16
stage_1() {
	keep_file 8M 61
}

stage_2() {
	luo <<-'END'
		incoming s
		close s
		sh expect_pool 16 16 0 0
		memfd all 2M 32M
		fill all 63
		sh expect_pool 16 0 0 0
	END
	expect_pool 16 16 0 0
}
