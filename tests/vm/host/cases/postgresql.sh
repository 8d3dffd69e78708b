# SPDX-License-Identifier: MIT
# shows: PostgreSQL of Debian, unmodified, comes back warm: over restarts, and on sid
# over three kexecs, also if it was stopped or killed before
# packages: bookworm=postgresql-15 trixie=postgresql-17 sid=postgresql-18 sid=mount
# installs: hugepersist postgresql-*-hugepersist
# rest: bookworm trixie
# time: 900
case $suite in sid) stages=4 ;; *) stages=1 ;; esac
. /hp/lib/postgresql.sh

restarts() {
	pg_lsclusters | grep -q "^$version *main .*online" || fail "pg_lsclusters: $(pg_lsclusters)"
	systemctl restart "$unit"
	is_warm kept
	pg_ctlcluster "$version" main restart
	is_warm kept
	pg_ctlcluster "$version" main reload
	systemctl reload "$unit"
	change 1
	systemctl daemon-reexec
	systemctl restart "$unit"
	is_warm kept
	# As somebody without systemd does
	pg_ctlcluster "$version" main stop
	stopped
	pg_lsclusters | grep -q "^$version *main .*down" || fail "pg_lsclusters: $(pg_lsclusters)"
	if [ "$suite" = bookworm ]; then
		# Its systemd gives the memory up when a unit stops
		systemctl start "$unit"
		is_start "cold|created|the memory is new"
	else
		pg_ctlcluster "$version" main start
		is_warm kept
	fi
	systemctl kill --signal=KILL "$unit"
	stopped
	systemctl reset-failed "$unit"
	systemctl start "$unit"
	[ "$suite" = bookworm ] || is_start "cold|kept|the last run did not stop cleanly"
	wait_for ask "SELECT 1"
	same_sums
	systemctl restart "$unit"
	is_warm kept
}

stage() {
	case $stage in
	1)
		install_extension
		make_table
		restarts
		;;
	2)
		is_warm "live update"
		change 2
		;;
	3)
		is_warm "live update"
		change 3
		# The next kexec finds it stopped
		systemctl stop "$unit"
		;;
	4)
		is_warm "live update"
		change 4
		systemctl restart "$unit"
		is_warm kept
		;;
	esac
}
