# SPDX-License-Identifier: MIT
# shows: a retrieve that a cgroup limit refuses charges nothing and loses
# nothing; with a higher limit or in another cgroup it works
# hugepages: 20
# The limits that can refuse: usage and reservation of huge pages, and memory
stage_1() {
	luo <<-'END'
		memfd f 2M 16M
		memfd g 2M 16M
		memfd h 2M 4M
		fill f 1
		fill g 2
		create s
		preserve s f 1
		preserve s g 2
		preserve s h 3
		hold
	END
}

nothing_charged() {
	expect_cgroup app 0 0
	[ "$(awk '/^hugetlb / { print $2 }' /cgroup/app/memory.stat)" = 0 ] ||
		fail "memory.stat has huge pages of a refused retrieve"
	expect_pool 20 2 0 0
}

stage_2() {
	mount -o remount,memory_hugetlb_accounting cgroup /cgroup
	mkdir /cgroup/app /cgroup/other
	echo 14M >/cgroup/app/hugetlb.2MB.max
	in_cgroup app luo <<-'END'
		incoming s
		expect EAGAIN retrieve s f 1
		sh . /cases/limit-too-low-can-be-raised.sh; nothing_charged
		expect EAGAIN retrieve s f 1
		sh echo max >/cgroup/app/hugetlb.2MB.max
		sh echo 14M >/cgroup/app/hugetlb.2MB.rsvd.max
		expect EAGAIN retrieve s f 1
		sh . /cases/limit-too-low-can-be-raised.sh; nothing_charged
		sh echo max >/cgroup/app/hugetlb.2MB.rsvd.max
		sh echo 14M >/cgroup/app/memory.max
		expect EAGAIN retrieve s f 1
		sh . /cases/limit-too-low-can-be-raised.sh; nothing_charged
		sh echo max >/cgroup/app/memory.max
		retrieve s f 1
		check f 1
		sh expect_cgroup app 8 8
		sh grep -x 'hugetlb 16777216' /cgroup/app/memory.stat
		sh echo 18M >/cgroup/app/hugetlb.2MB.max
		expect EAGAIN retrieve s g 2
		sh expect_cgroup app 8 8
		# another that has no limit
		sh echo $PPID >/cgroup/other/cgroup.procs
		retrieve s g 2
		check g 2
		sh expect_cgroup app 8 8
		sh expect_cgroup other 8 8
		sh echo 16M >/cgroup/other/hugetlb.2MB.max
		# given up after a refusal: free, and nothing charged
		expect EAGAIN retrieve s h 3
		finish s
		sh expect_pool 20 4 0 0
		close f
		close g
		sh expect_cgroup app 0 0
		sh expect_cgroup other 0 0
		sh expect_pool 20 20 0 0
	END
	rmdir /cgroup/app /cgroup/other
}
