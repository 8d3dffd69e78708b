# SPDX-License-Identifier: MIT
# shows: hugetlb_preserve=on goes before the numbers of all page sizes on the
# command line, those of an empty pool too, and off goes by the numbers
# memory: 7168
# hugepages: 12
# args: hugepagesz=1G hugepages=1
stage_1() {
	luo <<-'END'
		memfd f 2M 8M
		fill f 1
		memfd g 1G 1G
		map whole g rw 0 1G
		fill whole 2 0 4M
		close whole
		create s
		preserve s f 1
		preserve s g 2
		hold
	END
	next_hugepages=2
	next_hugepages_1g=2
	next_args=hugetlb_preserve=off
}

stage_2() {
	expect_pool 4 0 0 0
	expect_pool 1G 2 1 0 0
	luo <<-'END'
		incoming s
		retrieve s f 1
		retrieve s g 2
		finish s
		close s
		sh echo 9 >/proc/sys/vm/nr_hugepages
		sh echo 1 >$pool_1g/nr_hugepages
		create s
		preserve s f 1
		preserve s g 2
		hold
	END
	next_hugepages=3
	next_hugepages_1g=2
	next_args=hugetlb_preserve=on
}

stage_3() {
	expect_pool 9 5 0 0
	expect_pool 1G 1 0 0 0
	luo <<-'END'
		incoming s
		retrieve s f 1
		retrieve s g 2
		check f 1
		map whole g rw 0 1G
		check whole 2 0 4M
		close whole
		finish s
		close g
		sh echo 0 >$pool_1g/nr_hugepages
	END
	expect_pool 9 9 0 0
	expect_pool 1G 0 0 0 0
}

stage_4() {
	expect_pool 9 9 0 0
	expect_pool 1G 0 0 0 0
}
