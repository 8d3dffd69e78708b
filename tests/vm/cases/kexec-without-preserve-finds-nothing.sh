# SPDX-License-Identifier: MIT
# shows: a session that preserved nothing is not there after the update
# hugepages: 16
stage_1() {
	luo <<-'END'
		memfd f 2M 8M
		fill f 5
		hold
	END
}

stage_2() {
	expect_pool 16 16 0 0
	luo <<-'END'
		expect ENOENT incoming s
	END
}
