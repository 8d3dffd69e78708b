# SPDX-License-Identifier: MIT
# shows: two versions of the library take over from each other, over restarts and
# kexecs, and every word is there
# suites: sid
# time: 300
stages=3

other_version() {
	hold_unit both FileDescriptorStorePreserve=yes "$1=3"
	systemctl daemon-reload
}

stage() {
	if [ "$stage" = 1 ]; then
		hold_unit both FileDescriptorStorePreserve=yes "keep=3"
		systemctl enable --now both
		keep_says both "new 1 open"
		other_version keep-next
		systemctl restart both
		keep_says both "kept 1 sealed"
		other_version keep
		systemctl restart both
		keep_says both "kept 2 sealed"
		# The next kernel starts it with the later one, the one after that
		# with the earlier one
		other_version keep-next
		return
	fi
	wait_for systemctl is-active both
	keep_says both "updated $((stage + 1)) sealed"
	stored both 4
	[ "$stage" = 3 ] || other_version keep
}
