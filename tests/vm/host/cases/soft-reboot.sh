# SPDX-License-Identifier: MIT
# shows: systemctl soft-reboot keeps what Preserve=yes or on-success keeps
# suites: trixie sid
stage_1() {
	hold_units
	hold_unit yes-enabled FileDescriptorStorePreserve=yes
	systemctl enable yes-enabled
	systemctl start $units yes-enabled
	next_by=soft_reboot
}

stage_2() {
	[ "$(systemctl show -P SoftRebootsCount 2>/dev/null)" != 0 ]
	for unit in yes yes-enabled restart no on-success; do
		systemctl start $unit
		report "$unit $(tail -n 1 /hp/log/$unit)"
	done
	says yes-enabled "kept 1 locked"
}
