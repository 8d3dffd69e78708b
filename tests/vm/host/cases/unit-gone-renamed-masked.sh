# SPDX-License-Identifier: MIT
# shows: the memory of a unit that is removed or renamed stays held on systemd
# 262, for ever, and systemctl clean refuses it; a masked unit gives it up
# suites: trixie sid
# rest: trixie sid
# is UNIT STATES: its load state, its state, and how much is in its store
is() {
	local have

	have=$(systemctl show -P LoadState -P SubState -P NFileDescriptorStore "$1" | tr '\n' ' ')
	[ "${have% }" = "$2" ] || fail "$1 is '$have', expected '$2'"
}

gone_and_renamed() {
	local unit

	for unit in gone renamed; do
		case $suite in
		sid) is $unit "not-found dead-resources-pinned 1" ;;
		trixie) is $unit "not-found dead 0" ;;
		esac
	done
	is masked "masked dead 0"
	is other "loaded dead 0"
}

stage_1() {
	units="gone renamed masked"
	for unit in $units; do
		hold_unit $unit FileDescriptorStorePreserve=yes
	done
	mv /etc/systemd/system/masked.service /usr/lib/systemd/system/
	systemctl enable --now $units
	came_up "new 1 locked" $units
	systemctl stop $units
	for unit in $units; do
		is $unit "loaded dead-resources-pinned 1"
	done
	expect_pool 64 52 0 0
	systemctl disable gone renamed
	mv /etc/systemd/system/renamed.service /etc/systemd/system/other.service
	rm /etc/systemd/system/gone.service
	systemctl mask masked
	systemctl daemon-reload
	gone_and_renamed
	case $suite in
	sid) expect_pool 64 56 0 0 ;;
	trixie) expect_pool 64 64 0 0 ;;
	esac
}

stage_2() {
	gone_and_renamed
	[ $suite = sid ] || return 0
	expect_pool 64 56 0 0
	! systemctl clean --what=fdstore gone || fail "clean takes a unit without a file"
	# A unit of that name, for as long as it takes
	hold_unit gone FileDescriptorStorePreserve=yes
	systemctl daemon-reload
	systemctl clean --what=fdstore gone
	is gone "loaded dead 0"
	expect_pool 64 60 0 0
	# The other name finds nothing; the old one does
	systemctl start other
	says renamed "new 1 locked"
	mv /etc/systemd/system/other.service /etc/systemd/system/renamed.service
	systemctl daemon-reload
	systemctl start renamed
	says renamed "kept 1 free"
}
