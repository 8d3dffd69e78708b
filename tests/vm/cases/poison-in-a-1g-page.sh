# SPDX-License-Identifier: MIT
# shows: one poisoned 4 KiB page in a preserved GiB cancels the kexec, and the
# file is refused from then on
# memory: 5120
# args: hugepagesz=1G hugepages=1
stage_1() {
	export stage
	load_next
	luo <<-'END'
		memfd f 1G 1G
		map m f rw 0 1G
		store m 0
		create s
		preserve s f 1
		sh poison memfd:f 200000
		expect EHWPOISON jump
		expect EPERM ftruncate f 0
		sh expect_pool 1G 1 0 0 0
		close s
		create s
		expect EHWPOISON preserve s f 1
		sh expect_pool 1G 1 0 0 0
		close s
		# not frozen
		ftruncate f 0
		create s
		preserve s f 1
		close s
	END
}
