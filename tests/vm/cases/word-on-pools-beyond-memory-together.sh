# SPDX-License-Identifier: MIT
# shows: a word of the old kernel on its pools that is of more pages than there is
# memory for, in all pools together, is ignored: preserved pages come back in
# addition to the pool
# memory: 1536
# hugepages: 10
# ram: shared
# host: ./corrupt pools-beyond-memory-together
stage_1() {
	luo <<-'END'
		memfd f 2M 16M
		fill f 1
		create s
		preserve s f 1
		host
		hold
	END
}

stage_2() {
	dmesg | grep -q 'HugeTLB: KHO: the pools of the previous kernel are not in the format' ||
		fail "nothing in the log: $(dmesg | grep HugeTLB)"
	expect_pool 10 10 0 0
	luo <<-'END'
		incoming s
		retrieve s f 1
		check f 1
		finish s
		sh expect_pool 18 10 0 0
	END
	expect_pool 18 18 0 0
}
