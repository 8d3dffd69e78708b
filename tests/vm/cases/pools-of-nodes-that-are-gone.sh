# SPDX-License-Identifier: MIT
# shows: a kernel that has fewer nodes than the one before holds no preserved page
# twice
# nodes: 2
# memory: 2048
# hugepages: 40
stage_1() {
	luo <<-'END'
		memfd f 2M 20M
		map m f rw 0 20M
		bind m 1
		fill m 1
		memfd g 2M 20M
		map n g rw 0 20M
		bind n 0
		fill n 2
		create s
		preserve s f 1
		preserve s g 2
		hold
	END
	# shellcheck disable=SC2034
	next_args=numa=off
}

stage_2() {
	[ ! -e /sys/devices/system/node/node1 ] || fail "node 1 is still there"
	expect_pool 40 20 0 0
	luo <<-'END'
		incoming s
		retrieve s f 1
		sh expect_pool 40 20 0 0
		retrieve s g 2
		sh expect_pool 40 20 0 0
		check f 1
		check g 2
		finish s
		close s
		create s
		preserve s f 1
		preserve s g 2
		hold
	END
}

# The same kernel again, with the same nodes as the one before it
stage_3() {
	expect_pool 40 20 0 0
	luo <<-'END'
		incoming s
		retrieve s f 1
		check f 1
		finish s
		sh expect_pool 40 30 0 0
	END
	expect_pool 40 40 0 0
}
