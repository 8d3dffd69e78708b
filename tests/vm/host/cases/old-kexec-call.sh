# SPDX-License-Identifier: MIT
# shows: an image that was loaded by the old call hands nothing over, of the store
# and of a root process
# suites: sid
load_next() {
	kexec -c -l /hp/kernel/patched --command-line="$(cat /proc/cmdline)"
}

stage_1() {
	keeper /hp/bin/luo SurviveFinalKillSignal=yes
	hold_unit yes FileDescriptorStorePreserve=yes
	systemctl enable --now yes
	says yes "new 1 locked"
}

stage_2() {
	wait_for systemctl is-active yes
	says yes "new 1 locked"
	expect_pool 64 60 0 0
}
