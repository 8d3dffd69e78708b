# SPDX-License-Identifier: MIT
# shows: what nobody retrieves stays whole out of reach, the next kexec drops it
# hugepages: 16
stage_1() {
	keep_file 8M 51
}

stage_2() {
	# The four preserved pages count towards hugepages=16 and are in use
	expect_pool 16 12 0 0
	luo <<-'END'
		memfd g 2M 24M
		fill g 52
		check g 52
		sh expect_pool 16 0 0 0
	END
}

stage_3() {
	expect_pool 16 16 0 0
	luo <<-'END'
		expect ENOENT incoming s
		memfd f 2M 32M
		fill f 53
		check f 53
	END
	expect_pool 16 16 0 0
}
