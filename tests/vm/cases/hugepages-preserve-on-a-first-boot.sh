# SPDX-License-Identifier: MIT
# shows: hugepages=preserve without a kernel before makes no pool and says so,
# and the pool that is made then is there after the update
# hugepages: preserve
stage_1() {
	expect_pool 0 0 0 0
	dmesg | grep -q 'HugeTLB: KHO: hugepages=preserve: the previous kernel says nothing of its pools' ||
		fail "nothing in the log: $(dmesg | grep HugeTLB)"
	echo 7 >/proc/sys/vm/nr_hugepages
	expect_pool 7 7 0 0
}

stage_2() {
	expect_pool 7 7 0 0
	if dmesg | grep 'hugepages=preserve: '; then
		fail "nothing was wrong with the previous kernel"
	fi
}
