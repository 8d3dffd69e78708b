# SPDX-License-Identifier: MIT
# shows: what each setting keeps over systemctl stop and start
# arch: x86 arm64
stage_1() {
	hold_units
	systemctl start $units
	came_up "new 1 locked" $units
	systemctl stop $units
	case $suite in
	bookworm) keeps='' loses=$units ;;
	trixie) keeps="yes-enabled" loses="yes restart no on-success" ;;
	sid) keeps="yes yes-enabled on-success" loses="restart no" ;;
	esac
	for unit in $keeps; do
		stored $unit 1
		[ "$(systemctl show -P SubState $unit)" = dead-resources-pinned ] ||
			fail "$unit is $(systemctl show -P SubState $unit)"
	done
	for unit in $loses; do
		stored $unit 0
	done
	systemctl start $units
	came_up "kept 1 locked" $keeps
	came_up "new 1 locked" $loses
}
