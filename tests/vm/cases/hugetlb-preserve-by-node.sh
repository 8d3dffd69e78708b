# SPDX-License-Identifier: MIT
# shows: with hugetlb_preserve=on each node's pool becomes what it was, surplus
# pages count only if they are preserved, and what nobody retrieves is free
# memory after one more update
# arch: x86 arm64 arm64-64K
# nodes: 2
# memory: 2048
# hugepages: 0:4,1:12
stage_1() {
	echo 8 >$pool/nr_overcommit_hugepages
	luo <<-'END'
		memfd f 2M 8M
		map m f rw 0 8M
		bind m 1
		fill m 1
		# two more than node 0 has
		memfd g 2M 12M
		map n g rw 0 12M noreserve
		bind n 0
		fill n 2
		sh expect_node 1 12 8 0; expect_node 0 6 0 2
		# A surplus page can lie in scratch memory and has to move: not to
		# a free page of node 1
		memfd h 2M 16M
		map o h rw 0 16M
		bind o 1
		fill o 3
		create s
		create t
		preserve s f 1
		preserve t g 2
		close o
		close h
		sh expect_node 1 12 8 0; expect_node 0 6 0 2
		hold
	END
	next_args=hugetlb_preserve=on
}

stage_2() {
	# 4 of node 0 and the two surplus pages that are preserved
	expect_node 1 12 8 0
	expect_node 0 6 0 0
	expect_pool 18 8 0 0
	luo <<-'END'
		incoming s
		retrieve s f 1
		check f 1
		finish s
		close s
		create s
		preserve s f 1
		sh expect_node 1 12 8 0; expect_node 0 6 0 0
		hold
	END
}

# t was never retrieved
stage_3() {
	expect_node 1 12 8 0
	expect_node 0 6 6 0
	luo <<-'END'
		expect ENOENT incoming t
		hold
	END
}

# nor s, this time
stage_4() {
	expect_node 1 12 12 0
	expect_node 0 6 6 0
	luo <<-'END'
		expect ENOENT incoming s
		memfd f 2M 36M
		fill f 3
		check f 3
	END
	expect_pool 18 18 0 0
}
