# SPDX-License-Identifier: MIT
# shows: systemctl kexec keeps what Preserve=yes or on-success keeps on systemd
# 262, three times in a row, and loses all of it on 252 and 257
# arch: x86 arm64
# rest: bookworm trixie sid
# time: 300
case $suite in sid) stages=4 ;; *) stages=2 ;; esac

stage() {
	local keeps='' loses="yes yes-enabled restart no on-success" unit

	if [ "$stage" = 1 ]; then
		hold_units
		systemctl start $loses
		came_up "new 1 locked" $loses
		return
	fi
	case $suite in sid) keeps="yes yes-enabled on-success" loses="restart no" ;; esac
	systemctl start $keeps $loses
	# A new description in each kernel, without the lock
	came_up "kept $((2 * stage - 3)) free" $keeps
	came_up "new 1 locked" $loses
	for unit in $keeps $loses; do
		stored $unit 1
		again $unit locked
	done
}
