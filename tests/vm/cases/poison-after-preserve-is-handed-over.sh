# SPDX-License-Identifier: MIT
# shows: a page that is poisoned after its file was preserved does not cancel the
# arch: x86 arm64 arm64-64K
# kexec: it raises SIGBUS in the next kernel too, and nothing else is lost
# hugepages: 16
stage_1() {
	luo <<-'END'
		memfd f 2M 8M
		memfd g 2M 8M
		memfd u 2M 4M
		map m f rw 0 8M
		map n u rw 0 4M
		fill m 1
		fill g 2
		fill n 3
		create s
		create t
		preserve s f 1
		preserve s u 2
		preserve t g 1
		sh poison memfd:f 700
		sh poison memfd:u 0
		# still frozen, all other pages in use
		expect EPERM ftruncate f 0
		expect SIGBUS load m 2M
		check m 1 0 2M
		fill m 3 4M 4M
		check g 2
		sh expect_pool 16 6 0 0
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming s
		incoming t
		retrieve t g 1
		check g 2
		retrieve s f 1
		map m f rw 0 8M
		expect SIGBUS load m 2M
		expect SIGBUS load m 2867200
		expect EIO read f 2867200 1
		check m 1 0 2M
		check m 3 4M 4M
		fill m 4 6M 2M
		sh expect_corrupted 1
		# u is given up: its broken page is not free
		finish s
		sh expect_corrupted 2
		finish t
		sh expect_pool 16 7 0 0
		close m
		close f
		close g
		sh expect_pool 16 14 0 0
	END
	echo 0 >$pool/nr_hugepages
	expect_pool 2 0 0 2
}
