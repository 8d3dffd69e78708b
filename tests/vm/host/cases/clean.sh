# SPDX-License-Identifier: MIT
# shows: systemctl clean --what=fdstore gives the memory back, of a stopped unit only
# suites: trixie sid
stage_1() {
	hold_unit yes FileDescriptorStorePreserve=yes
	systemctl enable --now yes
	! systemctl clean --what=fdstore yes || fail "clean took the store of a running unit"
	stored yes 1
	systemctl stop yes
	expect_pool 64 60 0 0
	systemctl clean --what=fdstore yes
	stored yes 0
	expect_pool 64 64 0 0
	systemctl start yes
	says yes "new 1 locked"
}
