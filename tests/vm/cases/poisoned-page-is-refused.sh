# SPDX-License-Identifier: MIT
# shows: a file with a hardware-poisoned page is refused with EHWPOISON and left
# as it was; without that page it is preserved
# hugepages: 16
stage_1() {
	luo <<-'END'
		memfd f 2M 8M
		map m f rw 0 8M
		fill m 1
		create s
		# the second huge page
		sh poison memfd:f 700
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
