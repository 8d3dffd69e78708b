# SPDX-License-Identifier: MIT
# shows: systemctl restart keeps the store, but for Preserve=no
# arch: x86 arm64
# rest: bookworm trixie
stage_1() {
	hold_units
	systemctl start $units
	came_up "new 1 locked" $units
	for unit in $units; do
		stored $unit 1
		again $unit locked
	done
	systemctl restart $units
	came_up "kept 2 locked" yes yes-enabled restart on-success
	case $suite in
	bookworm) says no "kept 2 locked" ;;	# 252 does not know the setting
	*) says no "new 1 locked" ;;
	esac
	for unit in $units; do
		stored $unit 1
	done
}
