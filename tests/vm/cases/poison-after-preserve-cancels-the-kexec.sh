# SPDX-License-Identifier: MIT
# shows: a page that is poisoned after its file was preserved cancels the kexec,
# the machine runs on, and without that file the update works
# hugepages: 16
stage_1() {
	export stage
	luo <<-'END'
		memfd f 2M 8M
		memfd g 2M 8M
		fill g 2
		map m f rw 0 8M
		fill m 1
		create s
		create t
		preserve s f 1
		preserve t g 1
		sh load_next
		sh poison memfd:f 700
		expect EHWPOISON jump
		# again, as long as it is preserved
		expect EHWPOISON jump
		# still here, still frozen, all other pages in use
		expect EPERM ftruncate f 0
		expect SIGBUS load m 2M
		check m 1 0 2M
		fill m 3 4M 4M
		check g 2
		sh expect_pool 16 8 0 0
		close s
		ftruncate f 10M
		ftruncate f 8M
		check m 3 4M 4M
		punch f 2M 2M
		sh expect_pool 16 8 0 0
		close m
		close f
		sh expect_pool 16 11 0 0
		fill g 4 2M 2M
		jump
	END
	fail "the kernel did not kexec"
}

stage_2() {
	luo <<-'END'
		expect ENOENT incoming s
		incoming t
		retrieve t g 1
		check g 2 0 2M
		check g 4 2M 2M
		check g 2 4M 4M
		finish t
	END
}
