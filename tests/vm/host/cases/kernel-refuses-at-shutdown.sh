# SPDX-License-Identifier: MIT
# shows: a file that the kernel refuses at shutdown is lost with a line in the log;
# the others come back
# suites: sid
# console: Failed to preserve LUO fd
stage_1() {
	hold_unit sparse FileDescriptorStorePreserve=yes hold=--sparse
	hold_unit whole FileDescriptorStorePreserve=yes
	systemctl enable --now sparse whole
	came_up "new 1 locked" sparse whole
	# None is left to fill the holes of one with
	echo 5 >$pool/nr_hugepages
	expect_pool 5 0 0 0
}

stage_2() {
	wait_for systemctl is-active whole
	says whole "kept 1 free"
	wait_for systemctl is-active sparse
	says sparse "new 1 locked"
}
