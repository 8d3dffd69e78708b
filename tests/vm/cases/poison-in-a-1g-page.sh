# SPDX-License-Identifier: MIT
# shows: one poisoned 4 KiB page in a preserved GiB costs that GiB, and neither the
# update nor the other GiB of the file
# memory: 7168
# args: hugepagesz=1G hugepages=2
stage_1() {
	luo <<-'END'
		memfd f 1G 2G
		map n f rw 1G 1G
		fill n 1 0 4M
		close n
		map m f rw 0 1G
		store m 0
		create s
		preserve s f 1
		sh poison memfd:f 200000
		expect EPERM ftruncate f 0
		sh expect_pool 1G 2 0 0 0
		close s
		create s
		preserve s f 1
		sh expect_pool 1G 2 0 0 0
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming s
		retrieve s f 1
		map m f rw 0 1G
		expect SIGBUS load m 0
		map n f rw 1G 1G
		check n 1 0 4M
		finish s
		close m
		close n
		close f
		sh expect_pool 1G 2 1 0 0
	END
	echo 0 >$pool_1g/nr_hugepages
	expect_pool 1G 1 0 0 1
}
