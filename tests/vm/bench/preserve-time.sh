# SPDX-License-Identifier: MIT
# shows: preserve and retrieve of 2 GiB, huge pages of both sizes beside small ones
# memory: 9216
# hugepages: 1030
# args: hugepagesz=1G hugepages=2
# time: 400
stage_1() {
	luo <<-'END'
		# Small pages first, while there is room for them where they can be
		# pinned: else their preserve would migrate them. They are written to,
		# or it would clear them.
		memfd small shmem 2G
		fill small 3
		memfd giant 1G 2G
		memfd huge 2M 2G
		fallocate giant 0 2G
		fallocate huge 0 2G
		fill giant 1 0 64M
		fill huge 2 0 64M
		create s
		# An emulated processor translates what it runs the first time
		memfd warm-huge 2M 2M
		fallocate warm-huge 0 2M
		preserve s warm-huge 11
		memfd warm-small shmem 64K
		fill warm-small 4
		preserve s warm-small 12
		timed preserve-giant preserve s giant 1
		timed preserve-huge preserve s huge 2
		timed preserve-small preserve s small 3
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming s
		retrieve s warm-huge 11
		retrieve s warm-small 12
		timed retrieve-giant retrieve s giant 1
		timed retrieve-huge retrieve s huge 2
		timed retrieve-small retrieve s small 3
		check giant 1 0 64M
		check huge 2 0 64M
		check small 3 0 64M
		finish s
	END
}
