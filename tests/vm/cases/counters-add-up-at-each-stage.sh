# SPDX-License-Identifier: MIT
# shows: meminfo, sysfs and cgroup counts of huge pages are exact all the way
# arch: x86 arm64 arm64-64K
# debug: core
# hugepages: 20
stage_1() {
	in_cgroup app luo <<-'END'
		sh expect_pool 20 20 0 0
		memfd f 2M 16M
		map m f rw 0 16M
		sh expect_pool 20 20 8 0
		sh expect_cgroup app 0 8
		fill m 101 0 6M
		sh expect_pool 20 17 5 0
		sh expect_cgroup app 3 8
		create s
		preserve s f 1
		# preserve filled the holes, from the mapping's reservation
		sh expect_pool 20 12 0 0
		sh expect_cgroup app 8 8
		close m
		sh expect_pool 20 12 0 0
		hold
	END
}

stage_2() {
	# hugepages=20 counts the 8 that are preserved, which are in use
	expect_pool 20 12 0 0
	mkdir /cgroup/app
	in_cgroup app luo <<-'END'
		sh expect_cgroup app 0 0
		incoming s
		retrieve s f 1
		sh expect_pool 20 12 0 0
		sh expect_cgroup app 8 8
		check f 101 0 6M
		finish s
		sh expect_pool 20 12 0 0
		map m f rw 0 16M
		sh expect_pool 20 12 0 0
		fill m 102
		close m
		sh expect_pool 20 12 0 0
		sh expect_cgroup app 8 8
		close s
		ftruncate f 4M
		sh expect_pool 20 18 0 0
		sh expect_cgroup app 2 2
		close f
		sh expect_pool 20 20 0 0
		sh expect_cgroup app 0 0
	END
	rmdir /cgroup/app
	# the pool can be given back to the last page
	echo 0 >$pool/nr_hugepages
	expect_pool 0 0 0 0
}
