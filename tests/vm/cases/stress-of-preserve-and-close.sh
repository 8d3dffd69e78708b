# SPDX-License-Identifier: MIT
# shows: a file is preserved and given back over and over while others fault, map,
# advise, punch, resize, move and soft-offline its pages; it arrives whole
# nodes: 2
# memory: 2048
# hugepages: 60
# time: 120
stage_1() {
	stress 10
}

stage_2() {
	luo <<-'END'
		incoming stress
		retrieve stress f 1
		is f size 16M
		check f 1 0 12M
		finish stress
	END
}
