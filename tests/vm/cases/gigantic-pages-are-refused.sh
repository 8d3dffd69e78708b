# SPDX-License-Identifier: MIT
# shows: 1 GiB pages, which the series cannot take yet, are refused by name
# memory: 3072
# args: hugepagesz=1G hugepages=1
stage_1() {
	[ "$(cat /sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages)" = 1 ]
	luo <<-'END'
		memfd f 1G 1G
		map m f rw 0 1G
		store m 0
		create s
		expect EOPNOTSUPP preserve s f 1
		load m 0
		ftruncate f 0
	END
}
