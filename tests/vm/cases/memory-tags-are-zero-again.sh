# SPDX-License-Identifier: MIT
# shows: memory that is mapped with tags is preserved without them: the bytes
# arrive, and in a mapping with tags all of them are zero, as documented
# arm64: core
# arch: arm64 arm64-64K
# hugepages: 8
# tags: on
stage_1() {
	luo <<-'END'
		memfd f 2M 4M
		fill f 1
		map m f rw 0 4M
		protect m tags
		tagged m 0 0
		tag m 0 5
		tag m 3M 9
		tagged m 0 5
		tagged m 3M 9
		create s
		preserve s f 1
		# the owner has them until the end
		tagged m 3M 9
		check f 1
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming s
		retrieve s f 1
		map m f rw 0 4M
		check m 1
		protect m tags
		tagged m 0 0
		tagged m 3M 0
		check f 1
		tag m 3M 7
		tagged m 3M 7
		finish s
		check f 1
	END
}
