# SPDX-License-Identifier: MIT
# shows: with hugetlb_free_vmemmap=on retrieved pages of both sizes are optimised
# arch: x86
# again: the new kernel describes its memory with as few pages as the old one
# memory: 5120
# hugepages: 64
# args: hugetlb_free_vmemmap=on hugepagesz=1G hugepages=1

# Pages of memory that describe pages of memory
memmap() {
	awk '/^nr_memmap_(boot_)?pages / { n += $2 } END { print n }' /proc/vmstat
}

# A 2 MiB page saves 7 of them, a 1 GiB page 4095
saved=$((64 * 7 + 4095))

stage_1() {
	memmap >/state/memmap
	luo <<-'END'
		memfd f 2M 128M
		memfd g 1G 1G
		fill f 1
		fill g 2
		create s
		preserve s f 1
		preserve s g 2
		hold
	END
	[ "$(memmap)" = "$(cat /state/memmap)" ] || fail "preserve took $(($(memmap) - $(cat /state/memmap))) pages"
}

stage_2() {
	was=$(cat /state/memmap)
	# Until they are retrieved they are described in full
	booted=$(memmap)
	luo <<-'END'
		incoming s
		retrieve s f 1
		retrieve s g 2
		check f 1
		check g 2
		finish s
		close s
		hold
	END
	now=$(memmap)
	echo "pages that describe memory: $was in the old kernel, $booted after the boot, $now now"
	[ $((booted - now)) = $saved ] || fail "retrieve gave back $((booted - now)) pages, not $saved"
	[ "$now" = "$was" ] || fail "$was pages described memory, now $now do"
	drop_held
	# and they can be given back to the system
	echo 0 >$pool/nr_hugepages
	echo 0 >$pool_1g/nr_hugepages
	expect_pool 2M 0 0 0 0
	expect_pool 1G 0 0 0 0
	[ $(($(memmap) - now)) = $saved ] || fail "$(($(memmap) - now)) pages describe what was in the pools"
}
