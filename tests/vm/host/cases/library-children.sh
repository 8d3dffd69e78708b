# SPDX-License-Identifier: MIT
# shows: a child that lives on after its service was killed keeps the next start out,
# which names the process; when the child has ended, every byte is there
# rest: bookworm sid
stage_1() {
	local child

	hold_unit forks FileDescriptorStorePreserve=yes "keep=--fork" KillMode=process \
		Restart=on-failure RestartSec=1
	printf '%s\n' '[Unit]' StartLimitIntervalSec=0 >>/etc/systemd/system/forks.service
	systemctl enable --now forks
	keep_says forks "new 1 open"
	child=$(cat "/proc/$(systemctl show -P MainPID forks)/task"/*/children)
	child=${child% }
	systemctl kill --signal=KILL --kill-who=main forks
	wait_for grep -q 'hp_session_open: -114' /hp/log/forks
	grep -q "or a child of it, has the session" /hp/log/forks || fail "$(cat /hp/log/forks)"
	sleep 3
	[ -d "/proc/$child" ] || fail "the child has ended"
	kill -9 "$child"
	wait_for systemctl is-active forks
	keep_says forks "kept 1 open"
	stored forks 2

	# A stop leaves the child, too
	child=$(cat "/proc/$(systemctl show -P MainPID forks)/task"/*/children)
	systemctl stop forks
	[ -d "/proc/${child% }" ] || fail "the child has ended"
	kill -9 $child
	systemctl start forks
	case $suite in
	bookworm) keep_says forks "new 1 open" ;;
	*) keep_says forks "kept 2 sealed" ;;
	esac
}
