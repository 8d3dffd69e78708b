# SPDX-License-Identifier: MIT
# shows: gigantic pages from hugetlb_cma= are refused with EOPNOTSUPP and a
# message that names it; the file keeps what it has
# memory: 3584
# args: hugetlb_cma=1G
stage_1() {
	dmesg | grep -q 'hugetlb_cma: reserved 1024 MiB' || fail "the kernel reserved nothing for hugetlb_cma=1G"
	make_1g 1
	expect_pool 1G 1 1 0 0
	luo <<-'END'
		memfd f 1G 1G
		map whole f rw 0 1G
		fill whole 1 0 4M
		close whole
		create s
		expect EOPNOTSUPP preserve s f 1
		map whole f rw 0 1G
		check whole 1 0 4M
		close whole
		is f blocks 2097152
		sh expect_pool 1G 1 0 0 0
		# not frozen, not pinned
		ftruncate f 0
		sh expect_pool 1G 1 1 0 0
		# the page that a hole is filled with is one of them, too
		ftruncate f 1G
		expect EOPNOTSUPP preserve s f 1
		sh expect_pool 1G 1 0 0 0
		ftruncate f 0
		sh expect_pool 1G 1 1 0 0
	END
	dmesg | grep -q 'HugeTLB: LUO: pages from hugetlb_cma= cannot be preserved' || fail "nothing in the log"
	# back to CMA
	echo 0 >$pool_1g/nr_hugepages
	expect_pool 1G 0 0 0 0
}
