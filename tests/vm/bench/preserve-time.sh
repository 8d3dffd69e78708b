# SPDX-License-Identifier: MIT
# shows: preserve and retrieve of 2 GiB, huge pages of both sizes beside small ones
# memory: 9216
# hugepages: 1030
# args: hugepagesz=1G hugepages=2
# time: 400
stage_1() {
	luo <<-'END'
		memfd giant 1G 2G
		memfd huge 2M 2G
		memfd small shmem 2G
		# every page of them is there, and something to compare; small pages
		# that were not written to would be cleared by their preserve
		fallocate giant 0 2G
		fallocate huge 0 2G
		fill giant 1 0 64M
		fill huge 2 0 64M
		fill small 3
		create s
		timed preserve-giant preserve s giant 1
		timed preserve-huge preserve s huge 2
		timed preserve-small preserve s small 3
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming s
		timed retrieve-giant retrieve s giant 1
		timed retrieve-huge retrieve s huge 2
		timed retrieve-small retrieve s small 3
		check giant 1 0 64M
		check huge 2 0 64M
		check small 3 0 64M
		finish s
	END
}
