# SPDX-License-Identifier: MIT
# shows: neither a full reboot nor a power cut keeps the store
# rest: bookworm trixie
# time: 300
stage_1() {
	hold_unit yes FileDescriptorStorePreserve=yes
	systemctl enable --now yes
	says yes "new 1 locked"
	next_by=boot
}

stage_2() {
	wait_for systemctl is-active yes
	says yes "new 1 locked"
	again yes locked
	next_by=reset
}

stage_3() {
	wait_for systemctl is-active yes
	says yes "new 1 locked"
}
