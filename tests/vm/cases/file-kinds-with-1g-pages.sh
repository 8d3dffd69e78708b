# SPDX-License-Identifier: MIT
# shows: 1 GiB pages come back from a mount, a mapping and a System V segment
# memory: 5632
# args: hugepagesz=1G hugepages=3
stage_1() {
	expect_pool 1G 3 3 0 0
	mkdir /tmp/huge
	mount -t hugetlbfs -o pagesize=1G,size=1G huge /tmp/huge
	luo <<-'END'
		hugefile f /tmp/huge/file 1G unlinked
		anonymous a memory 1G 1G
		segment v attached 1G 1G
		map whole f rw 0 1G
		fill whole 1 1020M 4M
		close whole
		fill memory 2 512M 4M
		fill attached 3 0 4M
		create s
		preserve s f 1
		preserve s a 2
		preserve s v 3
		sh stat -f -c '%b %f' /tmp/huge | grep -x '1 0'
		sh expect_pool 1G 3 0 0 0
		hold
	END
}

stage_2() {
	expect_pool 1G 3 0 0 0
	luo <<-'END'
		incoming s
		retrieve s f 1
		retrieve s a 2
		retrieve s v 3
		map whole f rw 0 1G
		check whole 1 1020M 4M
		zero whole 512M 4M
		close whole
		map whole a rw 0 1G
		check whole 2 512M 4M
		zero whole 1020M 4M
		close whole
		map whole v rw 0 1G
		check whole 3 0 4M
		zero whole 512M 4M
		close whole
		finish s
	END
	expect_pool 1G 3 3 0 0
}
