# SPDX-License-Identifier: MIT
# shows: pages of both sizes come from a kernel that optimises vmemmap to one
# that does not, and from that to one that does
# arch: x86
# memory: 5120
# hugepages: 20
# args: hugetlb_free_vmemmap=on hugepagesz=1G hugepages=1
memmap() {
	awk '/^nr_memmap_(boot_)?pages / { n += $2 } END { print n }' /proc/vmstat
}

come_back() {
	booted=$(memmap)
	luo <<-'END'
		incoming s
		retrieve s f 1
		retrieve s g 2
		check f 1
		map whole g rw 0 1G
		check whole 2 0 4M
		check whole 3 1020M 4M
		zero whole 4M 4M
		close whole
		finish s
		close s
		create s
		preserve s f 1
		preserve s g 2
		hold
	END
	now=$(memmap)
	expect_pool 20 10 0 0
	expect_pool 1G 1 0 0 0
}

stage_1() {
	luo <<-'END'
		memfd f 2M 20M
		memfd g 1G 1G
		fill f 1
		map whole g rw 0 1G
		fill whole 2 0 4M
		fill whole 3 1020M 4M
		close whole
		create s
		preserve s f 1
		preserve s g 2
		hold
	END
	next_args=hugetlb_free_vmemmap=off
}

stage_2() {
	come_back
	[ "$booted" = "$now" ] || fail "$((booted - now)) pages of vmemmap were given back"
	next_args=hugetlb_free_vmemmap=on
}

stage_3() {
	come_back
	[ $((booted - now)) = $((10 * 7 + 4095)) ] || fail "$((booted - now)) pages of vmemmap were given back"
}
