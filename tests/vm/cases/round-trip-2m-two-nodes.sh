# SPDX-License-Identifier: MIT
# shows: pages of both memory nodes arrive and are counted on their nodes
# arm64: core
# arch: x86 arm64 arm64-64K
# hugepages: 40
# nodes: 2
stage_1() {
	luo <<-'END'
		memfd f 2M 60M
		fill f 22
		create s
		preserve s f 1
		sh cat /sys/devices/system/node/node*/hugepages/hugepages-2048kB/free_hugepages >/state/free
		sh expect_pool 40 10 0 0
		hold
	END
	cat /state/free
}

stage_2() {
	luo <<-'END'
		incoming s
		retrieve s f 1
		check f 22
		finish s
		sh expect_pool 40 10 0 0
		close f
		sh expect_pool 40 40 0 0
	END
}
