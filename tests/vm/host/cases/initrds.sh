# SPDX-License-Identifier: MIT
# shows: the store comes back through an initrd of dracut, in which systemd runs,
# and through one of initramfs-tools
# suites: sid
# rest: sid
# time: 300
stage_1() {
	hold_unit yes FileDescriptorStorePreserve=yes
	systemctl enable --now yes
	says yes "new 1 locked"
	next_initrd=dracut
}

stage_2() {
	wait_for systemctl is-active yes
	[ -e /run/initramfs ] || fail "there was no initrd"
	says yes "kept 1 free"
	next_initrd=initramfs-tools
}

stage_3() {
	wait_for systemctl is-active yes
	[ -e /run/initramfs ] || fail "there was no initrd"
	says yes "kept 2 free"
	again yes locked
}
