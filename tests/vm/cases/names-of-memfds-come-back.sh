# SPDX-License-Identifier: MIT
# shows: a memfd in huge pages has the name that it had; a file of a mount has none
# hugepages: 4
stage_1() {
	mkdir /tmp/huge
	mount -t hugetlbfs -o pagesize=2M huge /tmp/huge
	luo <<-'END'
		memfd some.name 2M 2M
		hugefile named /tmp/huge/named 2M
		named some.name /memfd:some.name
		named named /tmp/huge/named
		create s
		preserve s some.name 1
		preserve s named 2
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming s
		retrieve s f 1
		retrieve s g 2
		named f /memfd:some.name
		named g /
		finish s
	END
}
