# SPDX-License-Identifier: MIT
# shows: a sparse file is sparse again when its preservation is undone
# hugepages: 16
stage_1() {
	luo <<-'END'
		memfd f 2M 16M
		fill f 1 4M 4M
		map m f rw 0 8M
		sh expect_pool 16 14 2 0
		create s
		preserve s f 1
		sh expect_pool 16 8 0 0
		# used since: this hole stays filled
		store m 0
		close s
		check f 1 4M 4M
		is f blocks 12288
		sh expect_pool 16 13 1 0
		close m
		close f
		sh expect_pool 16 16 0 0
	END
}
