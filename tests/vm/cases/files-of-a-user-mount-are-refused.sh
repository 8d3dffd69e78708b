# SPDX-License-Identifier: MIT
# shows: a file of a hugetlbfs that a user mounted is refused
# hugepages: 8
stage_1() {
	mkdir /tmp/huge
	mount -t hugetlbfs -o pagesize=2M,size=8M huge /tmp/huge
	luo <<-'END'
		open f /tmp/huge/file
		ftruncate f 4M
		fill f 3
		create s
		expect EOPNOTSUPP preserve s f 1
		check f 3
		ftruncate f 8M
		close f
	END
	rm /tmp/huge/file
	umount /tmp/huge
	expect_pool 8 8 0 0
}
