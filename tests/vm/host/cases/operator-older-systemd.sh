# SPDX-License-Identifier: MIT
# shows: where systemd does not hand its stores over, hugepersist says so for a unit
# and refuses the update; a unit that is not enabled does not outlive a stop
# time: 600
# suites: trixie bookworm
# rest: trixie bookworm
# finding ID ANSWER: of what was said last
# installs: hugepersist
finding() {
	grep -qE "^$2 +$1\$" /hp/log/said || fail "$1 is not '$2'"
}

stage_1() {
	install_program
	[ ! -e /etc/default/kexec ] || sed -i /LOAD_KEXEC/d /etc/default/kexec
	make_program
	run_unit cache FileDescriptorStoreMax=3 FileDescriptorStorePreserve=yes
	systemctl daemon-reload
	systemctl start cache
	wait_for said cache zeros
	wait_for stored_is cache 3
	answers 1 'systemd before 261 does not hand' doctor --try --unit=cache
	finding host.systemd no
	finding unit.restart yes
	finding unit.stop no
	finding unit.kexec no
	if [ "$suite" = trixie ]; then
		grep -q 'systemctl enable' /hp/log/said || fail "not told to enable it"
		systemctl enable cache
		answers 1 'unit.stop' doctor --try --unit=cache
		finding unit.stop yes
		systemctl disable cache
	fi
	refuses 1 'systemd before 261 does not hand' update $image --append="$line" --yes
	refuses 1 'stop *would|would *lose it|the stop$' update --reboot --save=/hp/save --yes
	[ ! -e /hp/save ] || fail "a directory was made"
	systemctl restart cache
	wait_for said cache hello
}
