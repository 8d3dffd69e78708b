# SPDX-License-Identifier: MIT
# shows: hugepersist doctor tries both page sizes for real, says yes to all that the
# machine can do, before and after an update, and disturbs nobody's data
# hugepages: 8
# memory: 4608
# args: hugepagesz=1G hugepages=1
says_yes() {
	local id

	for id in pages.sizes liveupdate.device liveupdate.enabled \
		liveupdate.kho preserve.shmem preserve.2M preserve.1G \
		kexec.load cgroup.room process.io_uring process.files \
		process.memlock; do
		probe_says yes $id
	done
	# how the kernel was built is not shown in the machine
	probe_says unknown kexec.unsigned
	probe_says no process.manager NOTIFY_SOCKET
}

stage_1() {
	probe 0 --try
	says_yes
	probe_says yes pages.2M
	probe_says yes pages.1G
	expect_pool 8 8 0 0
	expect_pool 1G 1 1 0 0
	# a limit up the tree; what is not tried is not known
	mkdir -p /cgroup/app/sub
	echo +hugetlb >/cgroup/app/cgroup.subtree_control
	echo 4M >/cgroup/app/hugetlb.2MB.max
	in_cgroup app/sub hugepersist doctor --length=6M >/tmp/probe && fail "it was not tried"
	probe_says no cgroup.room 'hugetlb.2MB.max of cgroup /app is 4194304'
	probe_says unknown preserve.2M
	in_cgroup app/sub hugepersist doctor --try --length=4M >/tmp/probe
	probe_says yes cgroup.room
	keep_file 4M 1
	probe 0 --try
	expect_pool 8 6 0 0
}

stage_2() {
	probe 0 --try
	says_yes
	luo <<-'END'
		incoming s
		sh hugepersist doctor --try >/tmp/probe; probe_says yes preserve.2M
		retrieve s f 1
		check f 1
		finish s
		close f
	END
	expect_pool 8 8 0 0
	expect_pool 1G 1 1 0 0
}
