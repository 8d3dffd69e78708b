# SPDX-License-Identifier: MIT
# shows: a guest of unmodified QEMU goes on over restart, upgrade and kernel update
# and is refused with a disk that was changed meanwhile. The guest boots emulated inside
# an emulated host, which takes 40 s on an idle machine and minutes on a busy one, so
# tools/check leaves this to --all; tests/qemu has the rest of it without a host.
# suites: sid
# packages: sid=qemu-system-x86 sid=python3
# installs: hugepersist
# qemu: yes
# rest: sid
# time: 900
. /hp/lib/qemu.sh

# stood_still EVENT GENERATION FROM: how long, if the guest goes on
stood_still() {
	counts_on
	went_on "$2"
	gap "$3"
	report "$1: it stood still for $pause_ms ms, $gap_ms ms from count to count by its own clock"
}

stage_1() {
	local from written

	install_guest
	guest start
	counts_on
	stored "$unit" 3
	behind >/hp/behind

	from=$(counted)
	guest restart
	stood_still restart 2 "$from"

	newer_qemu
	from=$(counted)
	dpkg -i /var/tmp/newer.deb
	runs_replaced || fail "the package did not replace QEMU"
	counts_on
	guest stop
	written=$(date -r "$place/disk" '+%F %T.%N')
	touch "$place/disk"
	! systemctl start "$unit" || fail "it started with another disk"
	grep -q 'disk is not as it was (last write)' "$log" || fail "hp-qemu did not say why not"
	touch -d "$written" "$place/disk"
	systemctl reset-failed "$unit"
	guest start
	! runs_replaced || fail "the old QEMU runs"
	stood_still upgrade 3 "$from"
	one_life
	counted >/hp/counted
	next_by=update
}

stage_2() {
	stood_still update 4 "$(cat /hp/counted)"
	report "counted to $(counted), its wall clock fell behind by $(($(behind) - $(cat /hp/behind))) ms"
	one_life
	stored "$unit" 3
}
