# SPDX-License-Identifier: MIT
# shows: hugepages=0:N,1:M counts the preserved pages of each node and size,
# which come back on their node
# nodes: 2
# memory: 7168
# hugepages: 0:10,1:10
# args: hugepagesz=1G hugepages=0:1
stage_1() {
	expect_node 0 10 10 0
	expect_node 1 10 10 0
	expect_node 0 1G 1 1 0
	expect_node 1 1G 0 0 0
	luo <<-'END'
		memfd f 2M 16M
		map m f rw 0 16M
		bind m 0
		fill m 1
		memfd g 2M 4M
		map n g rw 0 4M
		bind n 1
		fill n 2
		memfd h 1G 1G
		create s
		preserve s f 1
		preserve s g 2
		preserve s h 3
		hold
	END
	# Fewer on the first than there are, more on the second
	next_hugepages=0:5,1:12
	next_hugepages_1g=0:1,1:1
}

stage_2() {
	expect_pool 20 10 0 0
	expect_node 0 8 0 0
	expect_node 1 12 10 0
	expect_node 0 1G 1 0 0
	expect_node 1 1G 1 1 0
	luo <<-'END'
		incoming s
		retrieve s f 1
		sh expect_node 0 8 0 0; expect_node 1 12 10 0
		retrieve s g 2
		sh expect_node 0 8 0 0; expect_node 1 12 10 0
		map m f rw 0 16M
		map n g rw 0 4M
		check m 1
		check n 2
		sh cat /proc/$PPID/numa_maps | grep huge
		sh grep -q ' huge .* N0=8 ' /proc/$PPID/numa_maps
		sh grep -q ' huge .* N1=2 ' /proc/$PPID/numa_maps
		retrieve s h 3
		sh expect_node 0 1G 1 0 0; expect_node 1 1G 1 1 0
		finish s
		close h
		sh expect_node 0 1G 1 1 0; expect_node 1 1G 1 1 0
		close m
		close f
		sh expect_node 0 8 8 0; expect_node 1 12 10 0
		close n
		close g
	END
	expect_node 0 8 8 0
	expect_node 1 12 12 0
}
