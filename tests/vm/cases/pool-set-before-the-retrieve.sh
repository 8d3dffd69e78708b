# SPDX-License-Identifier: MIT
# shows: pools set by sysctl and sysfs before the retrieve count preserved pages
# in, for both sizes and on each node
# nodes: 2
# memory: 9216
# hugepages: 0:10,1:10
node=/sys/devices/system/node
node_pool=hugepages/hugepages-2048kB/nr_hugepages

# Six pages of 2 MiB on node 0 and four on node 1, and a GiB of node 0. Those of
# 2 MiB are made at boot: later, one could lie in scratch memory, and moves to a
# free page of any node when it is preserved.
stage_1() {
	make_1g 1 0
	expect_node 0 1G 1 1 0
	luo <<-'END'
		memfd f 2M 12M
		map m f rw 0 12M
		bind m 0
		fill m 1
		memfd g 2M 8M
		map n g rw 0 8M
		bind n 1
		fill n 2
		memfd h 1G 1G
		create s
		preserve s f 1
		preserve s g 2
		preserve s h 3
		sh expect_node 0 2M 10 4 0; expect_node 1 2M 10 6 0
		hold
	END
	next_hugepages=0
}

stage_2() {
	# No pool was asked for: what is preserved is there
	expect_pool 10 0 0 0
	expect_pool 1G 1 0 0 0
	expect_node 0 2M 6 0 0
	expect_node 1 2M 4 0 0
	expect_node 0 1G 1 0 0
	# Larger, equal, smaller
	echo 16 >/proc/sys/vm/nr_hugepages
	expect_pool 16 6 0 0
	echo 10 >$pool/nr_hugepages
	expect_pool 10 0 0 0
	expect_node 0 2M 6 0 0
	expect_node 1 2M 4 0 0
	echo 3 >/proc/sys/vm/nr_hugepages
	expect_pool 2M 10 0 0 "$(cat $pool/surplus_hugepages)"
	echo 10 >$pool/nr_hugepages
	expect_pool 10 0 0 0
	# One node
	echo 7 >$node/node1/$node_pool
	expect_node 0 2M 6 0 0
	expect_node 1 2M 7 3 0
	echo 8 >$node/node0/$node_pool
	expect_node 0 2M 8 2 0
	expect_node 1 2M 7 3 0
	echo 2 >$pool_1g/nr_hugepages
	cat $pool_1g/nr_hugepages
	[ "$(cat $pool_1g/nr_hugepages)" -le 2 ] || fail "more than 2 pages of 1 GiB"
	echo 1 >$pool_1g/nr_hugepages
	expect_pool 1G 1 0 0 0
	luo <<-'END'
		incoming s
		retrieve s f 1
		retrieve s g 2
		retrieve s h 3
		check f 1
		check g 2
		sh expect_node 0 2M 8 2 0; expect_node 1 2M 7 3 0
		sh expect_node 0 1G 1 0 0
		finish s
		close f
		sh expect_node 0 2M 8 8 0; expect_node 1 2M 7 3 0
		close g
		close h
	END
	expect_node 0 2M 8 8 0
	expect_node 1 2M 7 7 0
	expect_node 0 1G 1 1 0
	echo 0 >$pool/nr_hugepages
	echo 0 >$pool_1g/nr_hugepages
	expect_pool 0 0 0 0
	expect_pool 1G 0 0 0 0
}
