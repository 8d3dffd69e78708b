# SPDX-License-Identifier: MIT
# shows: preserve and retrieve of 512 MiB, huge pages beside small ones
# memory: 3072
# hugepages: 260
# time: 180
stage_1() {
	luo <<-'END'
		memfd huge 2M 512M
		memfd small shmem 512M
		fill huge 1
		fill small 2
		create s
		timed preserve-huge preserve s huge 1
		timed preserve-small preserve s small 2
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming s
		timed retrieve-huge retrieve s huge 1
		timed retrieve-small retrieve s small 2
		check huge 1
		check small 2
		finish s
	END
}
