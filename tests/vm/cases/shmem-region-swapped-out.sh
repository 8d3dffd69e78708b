# SPDX-License-Identifier: MIT
# shows: shmem that the kernel has swapped out is brought back by preserve, into
# huge pages, and comes through the update
# kernel: stock
# disk: 256
stage_1() {
	swap_on
	shmem-region swapped &
	wait_for test -e /tmp/ready
}

# This kernel does not look at the disk
stage_2() {
	shmem-region next &
	wait_for test -e /tmp/ready
}
