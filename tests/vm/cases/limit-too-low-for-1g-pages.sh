# SPDX-License-Identifier: MIT
# shows: a 1 GiB page that a limit refuses is neither charged nor lost
# memory: 5120
# args: hugepagesz=1G hugepages=1
stage_1() {
	luo <<-'END'
		memfd f 1G 1G
		map whole f rw 0 1G
		fill whole 1 1000M 8M
		close whole
		create s
		preserve s f 1
		hold
	END
}

stage_2() {
	mount -o remount,memory_hugetlb_accounting cgroup /cgroup
	mkdir /cgroup/app
	echo 0 >/cgroup/app/hugetlb.1GB.max
	in_cgroup app luo <<-'END'
		incoming s
		expect EAGAIN retrieve s f 1
		sh expect_cgroup 1G app 0 0
		sh echo max >/cgroup/app/hugetlb.1GB.max
		sh echo 0 >/cgroup/app/hugetlb.1GB.rsvd.max
		expect EAGAIN retrieve s f 1
		sh expect_cgroup 1G app 0 0
		sh echo max >/cgroup/app/hugetlb.1GB.rsvd.max
		sh echo 1000M >/cgroup/app/memory.max
		expect EAGAIN retrieve s f 1
		sh expect_cgroup 1G app 0 0
		sh grep -x 'hugetlb 0' /cgroup/app/memory.stat
		sh expect_pool 1G 1 0 0 0
		sh echo 1100M >/cgroup/app/memory.max
		retrieve s f 1
		map whole f rw 0 1G
		check whole 1 1000M 8M
		zero whole 0 8M
		close whole
		sh expect_cgroup 1G app 1 1
		finish s
		close f
		sh expect_cgroup 1G app 0 0
		sh expect_pool 1G 1 1 0 0
	END
}
