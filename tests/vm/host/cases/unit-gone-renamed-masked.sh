# SPDX-License-Identifier: MIT
# shows: what becomes of the store of a unit that is removed, renamed or masked
# suites: trixie sid
facts() {
	for unit in gone renamed other masked; do
		report "$1 $unit: $(systemctl show -P NFileDescriptorStore $unit) $(systemctl show -P LoadState $unit) $(systemctl show -P SubState $unit)"
	done
	report "$(cat $pool/free_hugepages) free"
}

stage_1() {
	units="gone renamed masked"
	for unit in $units; do
		hold_unit $unit FileDescriptorStorePreserve=yes
	done
	mv /etc/systemd/system/masked.service /usr/lib/systemd/system/
	systemctl daemon-reload
	systemctl enable --now $units
	came_up "new 1 locked" $units
	expect_pool 64 52 0 0
	systemctl stop $units
	facts stopped
	systemctl disable gone renamed
	mv /etc/systemd/system/renamed.service /etc/systemd/system/other.service
	rm /etc/systemd/system/gone.service
	systemctl mask masked
	systemctl daemon-reload
	facts reloaded
}

stage_2() {
	facts "after the kexec"
	systemctl clean --what=fdstore gone || report "clean refuses gone"
	systemctl start other
	report "other: $(tail -n 1 /hp/log/other)"
	hold_unit gone FileDescriptorStorePreserve=yes
	systemctl daemon-reload
	systemctl unmask masked
	systemctl clean --what=fdstore gone
	systemctl start masked
	report "masked: $(tail -n 1 /hp/log/masked)"
	facts "at the end"
}
