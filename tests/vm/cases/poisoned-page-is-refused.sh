# SPDX-License-Identifier: MIT
# shows: a file with a hardware-poisoned page is refused with EHWPOISON and left
# as it was; without that page it is preserved
# hugepages: 16
poison=/sys/kernel/debug/hwpoison/corrupt-pfn

# frame FILE PAGE: the frame number of this 4 KiB page of luo's mapping of a
# file, which has to be there: of memfd:NAME, or of the only one that was
# retrieved, which has no name
frame() {
	local address entry

	address=$(sed -n "s|^\([0-9a-f]*\)-.* /$1 .*|\1|p" "/proc/$PPID/maps" | head -n 1)
	entry=$(dd if="/proc/$PPID/pagemap" bs=8 count=1 skip=$((0x$address / 4096 + $2)) 2>/dev/null |
		od -A n -t x8 | tr -d ' ')
	[ $((0x$entry >> 63 & 1)) = 1 ] || fail "page $2 of $1 is not mapped"
	echo $((0x$entry & 0x7fffffffffffff))
}

# poison FILE PAGE: as if the memory controller had found it broken. A page that
# somebody else has pinned is poisoned all the same, and the kernel says EBUSY.
poison() {
	[ -w $poison ] || fail "no $poison in this kernel"
	frame "$1" "$2" >$poison || true
}

stage_1() {
	luo <<-'END'
		memfd f 2M 8M
		map m f rw 0 8M
		fill m 1
		create s
		# the second huge page
		sh . /cases/poisoned-page-is-refused.sh; poison memfd:f 700
		expect SIGBUS load m 2867200
		expect EHWPOISON preserve s f 1
		# not frozen, not pinned, nothing lost
		check m 1 0 2M
		check m 1 4M 4M
		sh expect_pool 16 12 0 0
		ftruncate f 10M
		ftruncate f 8M
		# it is never free again
		punch f 2M 2M
		sh expect_pool 16 12 0 0
		fill m 2 2M 2M
		sh expect_pool 16 11 0 0
		preserve s f 1
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming s
		retrieve s f 1
		check f 1 0 2M
		check f 2 2M 2M
		check f 1 4M 4M
		finish s
	END
}
