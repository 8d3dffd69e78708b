# SPDX-License-Identifier: MIT
# shows: nothing changes which 1 GiB pages a preserved file has
# memory: 5120
# args: hugepagesz=1G hugepages=2
stage_1() {
	expect_pool 1G 2 2 0 0
	luo <<-'END'
		memfd f 1G 1G
		map past f r 0 2G noreserve
		map whole f rw 0 1G
		fill whole 81 1022M 2M
		close whole
		create s
		preserve s f 1
		expect EPERM ftruncate f 0
		expect EPERM ftruncate f 2G
		expect EPERM fallocate f 0 1G
		expect EPERM fallocate f 1G 1G
		expect EPERM punch f 0 1G
		expect EPERM map m f rw 0 2G
		ftruncate f 1G
		# made before, made writable now
		protect past rw
		is f size 1G
		expect SIGBUS store past 1025M
		expect EEXIST copyin past 0 1G
		is f blocks 2097152
		map m f rw 0 1G
		store m 0
		map whole f rw 0 1G
		fill whole 82 4M 4M
		close whole
		close m
		sh expect_pool 1G 2 1 0 0
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming s
		retrieve s f 1
		is f size 1G
		map whole f rw 0 1G
		check whole 81 1022M 2M
		check whole 82 4M 4M
		zero whole 8M 4M
		close whole
		finish s
		# an ordinary file again
		ftruncate f 2G
		map m f rw 0 2G
		store m 1025M
		sh expect_pool 1G 2 0 0 0
		close m
		ftruncate f 1G
		map whole f rw 0 1G
		check whole 81 1022M 2M
		close whole
		punch f 0 1G
		sh expect_pool 1G 2 2 0 0
	END
	expect_pool 1G 2 2 0 0
}
