# SPDX-License-Identifier: MIT
# shows: a named and an unlinked file of a mount with limits come back as memfds,
# and the mount's counts are right all the time
# hugepages: 20

stage_1() {
	mkdir /tmp/huge
	mount -t hugetlbfs -o pagesize=2M,size=24M,min_size=8M,mode=1777 huge /tmp/huge
	expect_pool 20 20 4 0
	luo <<-'END'
		hugefile named /tmp/huge/named 8M
		hugefile unlinked /tmp/huge/unlinked 8M unlinked
		chmod named 0640
		fill named 3 2M 6M
		fill unlinked 4
		# of 12 pages 7 are used
		sh stat -f -c '%b %f' /tmp/huge | grep -x '12 5'
		create s
		preserve s named 1
		preserve s unlinked 2
		sh stat -f -c '%b %f' /tmp/huge | grep -x '12 4'
		expect EPERM ftruncate named 4M
		sh expect_pool 20 12 0 0
		# larger than the mount: refused, when it is full
		hugefile large /tmp/huge/large 12M
		expect ENOMEM preserve s large 3
		is large blocks 16384
		sh stat -f -c '%b %f' /tmp/huge | grep -x '12 0'
		ftruncate large 0
		sh stat -f -c '%b %f' /tmp/huge | grep -x '12 4'
		# undone
		close s
		check named 3 2M 6M
		check unlinked 4
		ftruncate large 4M
		fill large 5
		close large
		sh rm /tmp/huge/large
		sh stat -f -c '%b %f' /tmp/huge | grep -x '12 4'
		sh expect_pool 20 12 0 0
		create s
		preserve s named 1
		preserve s unlinked 2
		# no name, and still on the mount
		sh rm /tmp/huge/named
		sh stat -f -c '%b %f' /tmp/huge | grep -x '12 4'
		hold
	END
}

stage_2() {
	expect_pool 20 12 0 0
	mkdir /tmp/huge
	mount -t hugetlbfs -o pagesize=2M,size=8M huge /tmp/huge
	luo <<-'END'
		incoming s
		retrieve s named 1
		retrieve s unlinked 2
		zero named 0 2M
		check named 3 2M 6M
		check unlinked 4
		is named size 8M
		is named mode 0640
		# such files have no seals but that there can be none
		is named seals 1
		finish s
		# not on the mount, whose limit does not hold for them
		ftruncate unlinked 24M
		fallocate unlinked 8M 16M
		sh stat -f -c '%b %f' /tmp/huge | grep -x '4 4'
		sh ls -A /tmp/huge | wc -l | grep -x 0
		close named
		close unlinked
		sh expect_pool 20 20 0 0
	END
}
