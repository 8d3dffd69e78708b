# SPDX-License-Identifier: MIT
# shows: the memory of a unit that is stopped comes back too
# suites: sid
stage_1() {
	hold_unit enabled FileDescriptorStorePreserve=yes
	hold_unit by-hand FileDescriptorStorePreserve=yes
	systemctl start enabled by-hand
	came_up "new 1 locked" enabled by-hand
	systemctl stop enabled by-hand
}

stage_2() {
	for unit in enabled by-hand; do
		stored $unit 1
	done
	expect_pool 64 56 0 0
	systemctl start enabled by-hand
	came_up "kept 1 free" enabled by-hand
	for unit in enabled by-hand; do
		again $unit locked
	done
}
