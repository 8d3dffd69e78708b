# SPDX-License-Identifier: MIT
# shows: where the policy denies huge pages a region of shmem survives in small
# ones, every byte of it, and says that none of it is huge
# kernel: stock
# hugepages: 4
policy=/sys/kernel/mm/transparent_hugepage/shmem_enabled

stage_1() {
	echo deny >$policy
	shmem-region first small &
	wait_for test -e /tmp/ready
	grep -x 'ShmemHugePages: *0 kB' /proc/meminfo
}

stage_2() {
	echo deny >$policy
	shmem-region next small &
	wait_for test -e /tmp/ready
	grep -x 'ShmemHugePages: *0 kB' /proc/meminfo
}
