# SPDX-License-Identifier: MIT
# shows: a region of shmem survives two updates of Linux 7.3 without the series,
# every byte of it, in huge pages before and after, under the policy "never"
# kernel: stock
# hugepages: 4
stage_1() {
	grep -F '[never]' /sys/kernel/mm/transparent_hugepage/shmem_enabled
	shmem-region first &
	wait_for test -e /tmp/ready
	grep -x 'ShmemHugePages: *65536 kB' /proc/meminfo
}

stage_2() {
	shmem-region next &
	wait_for test -e /tmp/ready
}

stage_3() {
	shmem-region next &
	wait_for test -e /tmp/ready
	kill -9 $!
	wait $! || true
	expect_pool 4 4 0 0
}
