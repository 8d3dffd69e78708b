# SPDX-License-Identifier: MIT
# shows: shmem that a cgroup limit does not let back in is lost, and that is said
# (SHMEM in hugepersist.h)
# kernel: stock
# hugepages: 4
stage_1() {
	shmem-region first &
	wait_for test -e /tmp/ready
}

stage_2() {
	mkdir /cgroup/app
	echo 16M >/cgroup/app/memory.max
	in_cgroup app shmem-region limited
	rmdir /cgroup/app
}
