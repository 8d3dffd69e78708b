# SPDX-License-Identifier: MIT
# shows: contents written after the preserve are what the next kernel finds
# hugepages: 16
stage_1() {
	luo <<-'END'
		memfd f 2M 16M
		fill f 1
		map m f rw 0 16M
		create s
		preserve s f 1
		fill m 131
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming s
		retrieve s f 1
		check f 131
		finish s
	END
}
