# SPDX-License-Identifier: MIT
# shows: pages that come back on another node than the old kernel said are pages of
# that node's pool, and of no other
# arch: x86 arm64 arm64-64K
# nodes: 2
# memory: 2048
# hugepages: 40
stage_1() {
	# shellcheck disable=SC2034
	next_args=numa=off
}

# All memory is node 0's here: the file has what was added last to the pool
stage_2() {
	[ ! -e /sys/devices/system/node/node1 ] || fail "node 1 is still there"
	luo <<-'END'
		memfd f 2M 70M
		fill f 1
		memfd g 2M 10M
		fill g 2
		create s
		preserve s f 1
		preserve s g 2
		hold
	END
	expect_pool 40 0 0 0
	sed 's/ numa=off//' /proc/cmdline >/tmp/cmdline
	mount --bind /tmp/cmdline /proc/cmdline
}

stage_3() {
	[ -e /sys/devices/system/node/node1 ] || fail "there is no node 1"
	expect_node 0 40 0 0
	expect_node 1 0 0 0
	luo <<-'END'
		incoming s
		retrieve s f 1
		check f 1
		sh expect_pool 40 0 0 0
		# given up
		finish s
		sh expect_pool 40 5 0 0
	END
	expect_pool 40 40 0 0
	numbers /sys/devices/system/node/node1/hugepages/hugepages-2048kB nr_hugepages
	value node1 "$have" pages
	[ "$have" -gt 0 ] || fail "no page is on node 1"
	# Each node can give all of its own back
	for node in 0 1; do
		echo 0 >/sys/devices/system/node/node$node/hugepages/hugepages-2048kB/nr_hugepages
		expect_node $node 0 0 0
	done
	expect_pool 0 0 0 0
}
