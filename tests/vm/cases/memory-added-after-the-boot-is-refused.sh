# SPDX-License-Identifier: MIT
# shows: huge pages in memory that was added after the boot, which the next kernel
# would not find, are refused, and the machine can be updated all the same
# arch: x86
# hugepages: 8
# memory: 1024
# dimm: 512
# args: memhp_default_state=online_kernel

# Is the first page of memfd:FILE, which luo has mapped, in that memory? It is
# above 4 GiB.
added() {
	[ "$(frame "memfd:$1" 0)" -ge $((4096 * 1024 / 4)) ]
}

stage_1() {
	export stage
	luo <<-'END'
		# all pages of the first pool
		memfd f 2M 16M
		map m f rw 0 16M
		fill m 1
		sh . /cases/memory-added-after-the-boot-is-refused.sh; ! added f
		sh echo 24 >$pool/nr_hugepages
		memfd g 2M 8M
		map n g rw 0 8M
		fill n 2
		sh . /cases/memory-added-after-the-boot-is-refused.sh; added g
		create s
		expect EOPNOTSUPP preserve s g 1
		# not frozen
		punch g 2M 2M
		check n 2 0 2M
		preserve s f 1
		hold
	END
	dmesg | grep -q 'memory that was added after the boot cannot be preserved'
}

stage_2() {
	luo <<-'END'
		incoming s
		retrieve s f 1
		check f 1
		finish s
	END
}
