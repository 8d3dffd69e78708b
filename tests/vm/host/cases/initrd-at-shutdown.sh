# SPDX-License-Identifier: MIT
# shows: where the initrd comes back at shutdown, the store is lost
# suites: sid
stage_1() {
	hold_unit yes FileDescriptorStorePreserve=yes
	systemctl enable --now yes
	says yes "new 1 locked"
	mkdir -p /run/initramfs
	(cd /run/initramfs && zcat /boot/initrd.dracut | cpio -i --quiet)
	[ -x /run/initramfs/shutdown ]
	touch /run/initramfs/.need_shutdown
}

stage_2() {
	wait_for systemctl is-active yes
	says yes "new 1 locked"
}
