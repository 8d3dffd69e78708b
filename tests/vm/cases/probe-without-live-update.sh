# SPDX-License-Identifier: MIT
# shows: without liveupdate=on hugepersist doctor says what is missing on the command line
# hugepages: 4
# args: liveupdate=off
stage_1() {
	probe 1 --try
	probe_says no liveupdate.device 'switched off'
	probe_says no liveupdate.enabled "command line switches it off"
	# it has a place in debugfs
	probe_says yes liveupdate.kho
	probe_says no preserve.2M 'kho=on liveupdate=on'
	probe_says yes kexec.load
	expect_pool 4 4 0 0
}
