# SPDX-License-Identifier: MIT
# shows: the comparison after the update can fail: one byte is enough
# arch: x86 arm64 arm64-64K
# hugepages: 16
stage_1() {
	luo <<-'END'
		memfd f 2M 16M
		fill f 121
		create s
		preserve s f 1
		map m f rw 0 16M
		store m 11534337
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming s
		retrieve s f 1
		expect wrong check f 121
		check f 121 0 10M
		check f 121 14M 2M
		differs f 121 10M 2M
	END
}
