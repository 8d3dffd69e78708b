# SPDX-License-Identifier: MIT
# shows: with hugetlb_preserve=on all pools become what they were, free pages
# included and surplus pages not, twice; a line for each size says what they are
# arm64: core
# memory: 5120
# hugepages: 20
expect_log() {
	dmesg | grep -q "HugeTLB: $1" || fail "not in the log: $1; but: $(dmesg | grep 'HugeTLB:')"
}

stage_1() {
	make_1g 1
	echo 4 >$pool/nr_overcommit_hugepages
	luo <<-'END'
		memfd f 2M 16M
		fill f 1
		memfd g 1G 1G
		map whole g rw 0 1G
		fill whole 2 0 4M
		close whole
		# 14 more, where 12 are free
		memfd h 2M 28M
		fill h 3
		sh expect_pool 22 0 0 2
		create s
		preserve s f 1
		preserve s g 2
		hold
	END
	# for a first boot
	next_hugepages=3
	next_args=hugetlb_preserve=on
}

stage_2() {
	expect_pool 20 12 0 0
	expect_pool 1G 1 0 0 0
	expect_log 'registered 2.00 MiB page size, 8 pages are preserved, pre-allocated 12 more'
	expect_log 'registered 1.00 GiB page size, 1 pages are preserved, pre-allocated 0 more'
	luo <<-'END'
		incoming s
		retrieve s f 1
		retrieve s g 2
		check f 1
		map whole g rw 0 1G
		check whole 2 0 4M
		close whole
		finish s
		close s
		close g
		sh expect_pool 1G 1 1 0 0
		create s
		preserve s f 1
		hold
	END
}

stage_3() {
	expect_pool 20 12 0 0
	expect_pool 1G 1 1 0 0
	expect_log 'registered 1.00 GiB page size, pre-allocated 1 pages'
	luo <<-'END'
		incoming s
		retrieve s f 1
		check f 1
		finish s
	END
	expect_pool 20 20 0 0
}
