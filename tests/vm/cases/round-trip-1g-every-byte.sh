# SPDX-License-Identifier: MIT
# shows: a 1 GiB page and 2 MiB pages in one session arrive whole, with size,
# position, seals and mode; one changed byte of the GiB would be noticed
# memory: 5120
# hugepages: 20
# args: hugepagesz=1G hugepages=1
stage_1() {
	luo <<-'END'
		memfd big 1G 1G
		memfd small 2M 24M
		fill big 31
		fill small 32
		chmod big 0640
		seal big 0x6
		seek big 536870917
		create s
		preserve s big 1
		preserve s small 2
		sh expect_pool 1G 1 0 0 0
		sh expect_pool 2M 20 8 0 0
		hold
	END
}

stage_2() {
	expect_pool 1G 1 0 0 0
	expect_pool 2M 20 8 0 0
	luo <<-'END'
		incoming s
		retrieve s small 2
		retrieve s big 1
		check small 32
		check big 31
		is big size 1G
		is big blocksize 1G
		is big blocks 2097152
		is big mode 0640
		is big seals 0x6
		is big position 536870917
		finish s
		expect EPERM ftruncate big 0
		map m big rw 0 1G
		store m 1000000001
		expect wrong check m 31 952M 2M
		check m 31 954M 4M
		close m
		sh expect_pool 1G 1 0 0 0
		close big
		close small
	END
	expect_pool 1G 1 1 0 0
	expect_pool 2M 20 20 0 0
}
