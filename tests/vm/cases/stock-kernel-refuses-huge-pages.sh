# SPDX-License-Identifier: MIT
# shows: Linux 7.3 without the series refuses a hugetlb memfd with ENOENT
# kernel: stock
# hugepages: 8
stage_1() {
	luo <<-'END'
		memfd f 2M 4M
		fill f 1
		create s
		expect ENOENT preserve s f 1
		check f 1
		ftruncate f 8M
	END
}
