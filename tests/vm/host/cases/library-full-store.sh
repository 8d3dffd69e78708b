# SPDX-License-Identifier: MIT
# shows: a service waits while its store is too small, says so, and goes on when
# it is larger; what the manager drops is told as lost, and never as a first start
# rest: bookworm trixie
# time: 300
full_store() {
	local unit=/etc/systemd/system/full.service

	sed -i '/^FileDescriptorStoreMax=/d' $unit
	echo "FileDescriptorStoreMax=$1" >>$unit
	systemctl daemon-reload
}

waits() {
	[ "$(systemctl show -P ActiveState full)" = activating ] ||
		fail "full is $(systemctl show -P ActiveState full): $(tail -n 1 /hp/log/full)"
}

stage_1() {
	hold_unit full FileDescriptorStorePreserve=yes "keep=3" TimeoutStartSec=infinity \
		Restart=on-failure RestartSec=1
	full_store 2
	systemctl start --no-block full
	wait_for grep -q FileDescriptorStoreMax /hp/log/full
	sleep 5
	waits
	full_store 8
	wait_for systemctl is-active full
	keep_says full "new 1 open"
	stored full 4
	systemctl restart full
	keep_says full "kept 1 sealed"

	# One of the four goes
	full_store 3
	stored full 3
	systemctl kill --signal=USR1 --kill-who=main full.service
	wait_for grep -q 'wrote 3, 1 are not preserved' /hp/log/full
	systemctl kill --signal=KILL full.service
	wait_for grep -q 'are lost' /hp/log/full
	sleep 5
	waits
	full_store 4
	wait_for systemctl is-active full
	keep_says full "mixed 1 open"
	stored full 4
	systemctl restart full
	keep_says full "kept 1 sealed"
}
