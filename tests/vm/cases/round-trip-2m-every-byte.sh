# SPDX-License-Identifier: MIT
# shows: 64 MiB in 2 MiB pages arrive whole, with size, position, seals and mode
# arch: x86 arm64 arm64-64K
# debug: core
# hugepages: 40
stage_1() {
	luo <<-'END'
		memfd f 2M 64M
		fill f 21
		chmod f 0640
		seal f 0x6
		seek f 4194309
		is f flags 0x8002
		create s
		preserve s f 77
		check f 21
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming s
		expect ENOENT retrieve s x 78
		retrieve s f 77
		is f size 64M
		is f blocksize 2M
		is f blocks 131072
		is f mode 0640
		is f seals 0x6
		is f position 4194309
		is f flags 0x8002
		check f 21
		finish s
		check f 21
		expect EPERM ftruncate f 2M
	END
}
