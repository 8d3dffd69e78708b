# SPDX-License-Identifier: MIT
# shows: an image that was loaded by the old call hands nothing over
# suites: sid
load_next() {
	kexec -c -l /hp/kernel/patched --command-line="$(cat /proc/cmdline)"
}

stage_1() {
	hold_unit yes FileDescriptorStorePreserve=yes
	systemctl enable --now yes
	says yes "new 1 locked"
}

stage_2() {
	wait_for systemctl is-active yes
	says yes "new 1 locked"
}
