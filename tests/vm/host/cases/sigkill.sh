# SPDX-License-Identifier: MIT
# shows: what each setting keeps when the service is killed and started again,
# by its manager or by hand
# arch: x86 arm64
stage_1() {
	hold_units
	hold_unit by-itself Restart=always RestartSec=100ms
	hold_unit by-itself-yes FileDescriptorStorePreserve=yes Restart=always RestartSec=100ms
	systemctl start $units by-itself by-itself-yes
	came_up "new 1 locked" $units by-itself by-itself-yes
	for unit in by-itself by-itself-yes; do
		systemctl kill --signal=KILL $unit
		wait_for more_lines $unit 1
		says $unit "kept 1 locked"
		stored $unit 1
	done
	for unit in $units; do
		killed $unit
	done
	systemctl start $units
	case $suite in
	bookworm) came_up "new 1 locked" $units ;;
	trixie)
		came_up "kept 1 locked" yes-enabled
		came_up "new 1 locked" yes restart no on-success
		;;
	sid)
		came_up "kept 1 locked" yes yes-enabled
		came_up "new 1 locked" restart no on-success
		;;
	esac
}
