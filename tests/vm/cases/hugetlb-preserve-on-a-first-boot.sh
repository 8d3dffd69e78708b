# SPDX-License-Identifier: MIT
# shows: on a first boot, and on a kernel that does not know hugetlb_preserve=on,
# hugepages= says how large the pool is; after an update it is what it was
# kernel: patched
# hugepages: 5
# args: hugetlb_preserve=on
# other-kernels: stock
stage_1() {
	expect_pool 5 5 0 0
	echo 7 >/proc/sys/vm/nr_hugepages
	expect_pool 7 7 0 0
}

stage_2() {
	expect_pool 7 7 0 0
	# shellcheck disable=SC2034
	next_kernel_name=stock
}

stage_3() {
	expect_pool 5 5 0 0
}
