# SPDX-License-Identifier: MIT
# shows: what a service has by the library after its unit was removed and is there
# again, renamed, masked or cleaned, and after a kexec without its unit
# suites: trixie sid
# rest: trixie sid
# time: 300
gone_and_back() {
	systemctl stop gone
	mv /etc/systemd/system/gone.service /hp/gone.service
	systemctl daemon-reload
}

back() {
	mv /hp/gone.service /etc/systemd/system/gone.service
	systemctl daemon-reload
	systemctl start gone
}

stage_1() {
	local units="gone renamed masked cleaned"

	for unit in $units; do
		hold_unit $unit FileDescriptorStorePreserve=yes keep=3 \
			StateDirectory=$unit
	done
	mv /etc/systemd/system/masked.service /usr/lib/systemd/system/
	systemctl enable --now $units
	for unit in $units; do
		keep_says $unit "new 1 open"
	done

	# systemd 257 gives up the store of a unit without a file, systemd 262 does not
	gone_and_back
	back
	case $suite in
	trixie) keep_says gone "lost 1 open" ;;
	sid) keep_says gone "kept 1 sealed" ;;
	esac

	# The new name finds its own record and no memory
	systemctl stop renamed
	mv /etc/systemd/system/renamed.service /etc/systemd/system/other.service
	systemctl daemon-reload
	systemctl start other
	keep_says renamed "lost 1 open"

	systemctl stop masked
	systemctl mask masked
	systemctl daemon-reload
	systemctl unmask masked
	systemctl start masked
	keep_says masked "lost 1 open"

	systemctl stop cleaned
	systemctl clean --what=fdstore cleaned
	systemctl start cleaned
	keep_says cleaned "lost 1 open"

	gone_and_back
}

stage_2() {
	back
	case $suite in
	trixie) keep_says gone "lost 1 open" ;;
	sid) keep_says gone "updated 2 sealed" ;;
	esac
}
