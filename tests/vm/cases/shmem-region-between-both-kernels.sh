# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC2034
# shows: a region of shmem goes from a kernel without the series to one with it,
# and back
# kernel: stock
# other-kernels: patched
# hugepages: 4
stage_1() {
	shmem-region first &
	wait_for test -e /tmp/ready
	next_kernel_name=patched
}

stage_2() {
	shmem-region next &
	wait_for test -e /tmp/ready
	next_kernel_name=stock
}

stage_3() {
	shmem-region next &
	wait_for test -e /tmp/ready
}
