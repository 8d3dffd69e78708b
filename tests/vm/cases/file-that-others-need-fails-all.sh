# SPDX-License-Identifier: MIT
# shows: where the old kernel does not say that a file is independent, a kernel
# that does not know the file gives none of the others either
# hugepages: 4
# ram: shared
# host: ./corrupt dependent
stage_1() {
	luo <<-END
		memfd f 2M 4M
		seek f $((0x5eed7a1e000000))
		memfd g 2M 2M
		create s
		preserve s f 1
		create t
		preserve t g 1
		hold
	END
}

stage_2() {
	luo <<-'END'
		host
		expect EIO incoming t
		expect EIO incoming s
		expect EIO create u
	END
}
