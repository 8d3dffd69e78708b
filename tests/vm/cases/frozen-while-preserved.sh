# SPDX-License-Identifier: MIT
# shows: what would change the set of pages is refused with EPERM while
# preserved, and everything else works
# arch: x86 arm64 arm64-64K
# cpus: 2
# hugepages: 16
stage_1() {
	luo <<-'END'
		memfd f 2M 8M
		fill f 81
		map early f rw 0 8M
		create s
		preserve s f 1
		# sizes
		expect EPERM ftruncate f 16M
		expect EPERM ftruncate f 2M
		expect EPERM ftruncate f 0
		is f size 8M
		# pages
		expect EPERM fallocate f 8M 2M
		expect EPERM fallocate f 0 2M
		expect EPERM punch f 0 2M
		# MADV_REMOVE is punching a hole
		expect EPERM advise early 9 0 2M
		# a writable mapping past the end would grow the file
		expect EPERM map beyond f rw 8M 2M
		expect EPERM map across f rw 6M 4M
		is f size 8M
		is f blocks 16384
		check f 81
		sh expect_pool 16 12 0 0
		# permitted: reading, writing, faulting, mapping again
		read f 0 4096
		read f 6M 2M
		store early 0
		map late f rw 0 8M
		load late 0
		store late 7M
		map readonly f r 0 8M
		load readonly 5M
		protect late r
		protect late rw
		store late 3M
		map own f rw 0 8M private
		store own 0
		# MADV_DONTNEED drops the mapping's pages only, not the file's
		advise late 4 0 8M
		load late 2M
		is f seals 0
		is f position 0
		seek f 4096
		chmod f 0600
		dup g f
		close g
		fill f 82
		check f 82
		close own
		close late
		close early
		close readonly
		close f
		hold
	END
}

stage_2() {
	# the file was closed by its owner: the session kept it
	luo <<-'END'
		incoming s
		retrieve s f 1
		check f 82
		is f size 8M
		is f mode 0600
		is f position 4096
		finish s
		sh expect_pool 16 12 0 0
	END
	expect_pool 16 16 0 0
}
