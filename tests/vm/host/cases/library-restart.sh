# SPDX-License-Identifier: MIT
# shows: what a service keeps by the library over restart, SIGKILL, stop and start,
# daemon-reexec and twenty restarts, with children, beside a socket, in small pages
# arch: x86 arm64
# time: 400
stage_1() {
	local unit units="plain small forks sockets" before

	hold_unit plain FileDescriptorStorePreserve=yes "keep=3"
	hold_unit small FileDescriptorStorePreserve=yes "keep=--shmem 2"
	hold_unit forks FileDescriptorStorePreserve=yes "keep=--fork --no-seal"
	hold_unit sockets FileDescriptorStorePreserve=yes keep=
	printf '%s\n' '[Socket]' 'ListenStream=/run/keep' \
		FileDescriptorName=keep.socket >/etc/systemd/system/sockets.socket
	# More than five starts in ten seconds
	printf '%s\n' '[Unit]' StartLimitIntervalSec=0 >>/etc/systemd/system/plain.service
	systemctl enable $units
	systemctl start sockets.socket $units
	for unit in $units; do
		keep_says $unit "new 1 open"
	done
	stored plain 4
	stored small 3

	systemctl restart $units
	keep_says plain "kept 1 sealed"
	keep_says small "kept 1 sealed"
	keep_says sockets "kept 1 sealed"
	keep_says forks "kept 1 open"
	[ "$(grep -c '^socket at' /hp/log/sockets)" = 2 ] ||
		fail "sockets did not see its socket twice"
	for unit in $units; do
		again $unit preserved
		killed $unit
	done
	[ "$suite" = bookworm ] || for unit in $units; do
		systemctl start $unit
		keep_says $unit "kept 3 open"
	done
	[ "$suite" != bookworm ] || systemctl start $units
	stored plain 4

	systemctl daemon-reexec
	again plain preserved
	before=$(tail -n 1 /hp/log/plain)
	before=${before#wrote }
	before=${before% preserved}
	systemctl restart plain
	keep_says plain "kept $before sealed"

	# Not one entry more in the store
	for _ in $(seq 20); do
		systemctl restart plain
	done
	keep_says plain "kept $((before + 20)) sealed"
	stored plain 4

	systemctl stop plain
	systemctl start plain
	case $suite in
	bookworm) keep_says plain "new 1 open" ;;
	*) keep_says plain "kept $((before + 21)) sealed" ;;
	esac
}
