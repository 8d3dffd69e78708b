# SPDX-License-Identifier: MIT
# shows: what the mount's min_size= counts on is there after a preservation was
# undone, also where a page that is freed would leave the pool
# hugepages: 16
stage_1() {
	mkdir /tmp/huge
	mount -t hugetlbfs -o pagesize=2M,min_size=8M huge /tmp/huge
	expect_pool 16 16 4 0
	luo <<-'END'
		hugefile f /tmp/huge/f 8M
		create s
		preserve s f 1
		sh expect_pool 16 12 0 0
		# Of the pool's pages two are too many now
		sh echo 2 >$pool/nr_hugepages
		sh expect_pool 4 0 0 2
		close s
		is f blocks 16384
		sh expect_pool 4 0 0 2
		sh echo 4 >$pool/nr_hugepages
		create s
		preserve s f 1
		close s
		is f blocks 16384
		ftruncate f 0
		sh expect_pool 4 4 4 0
		ftruncate f 8M
		fallocate f 0 8M
	END
	expect_pool 4 0 0 0
	umount /tmp/huge
	expect_pool 4 4 0 0
}
