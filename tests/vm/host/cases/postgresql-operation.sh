# SPDX-License-Identifier: MIT
# shows: a replica follows over warm restarts of its primary; the package of PostgreSQL is
# upgraded, removed, installed and purged; a page of the memory breaks
# suites: trixie sid
# packages: trixie=postgresql-17 sid=postgresql-18 sid=mount
# installs: hugepersist postgresql-*-hugepersist
# fetches: trixie=postgresql-17 sid=postgresql-18
# rest: trixie sid
# time: 900
. /hp/lib/postgresql.sh

# make_replica: a cluster of that name, without the extension
make_replica() {
	local data=/var/lib/postgresql/$version/replica etc=/etc/postgresql/$version/replica

	cp -a "${conf%/*}" "$etc"
	sed -i -e 's,/main\>,/replica,; s,-main\>,-replica,' "$etc/postgresql.conf"
	printf '%s\n' "port = 5433" "shared_preload_libraries = ''" "shared_buffers = 16MB" \
		"huge_pages = off" >>"$etc/postgresql.conf"
	as_postgres pg_basebackup -D "$data" -R -c fast
	systemctl start "postgresql@$version-replica"
	pg_lsclusters | grep -q "^$version *replica .*online,recovery" ||
		fail "pg_lsclusters: $(pg_lsclusters)"
}

followed() {
	[ "$(ask "SELECT pg_last_wal_replay_lsn() >= '$1'" 5433)" = t ]
}

replica() {
	local number

	make_replica
	for number in 1 2; do
		systemctl restart "$unit"
		is_warm kept
		change $number
		wait_for followed "$(ask "SELECT pg_current_wal_lsn()")"
		same_sums 5433
	done
	systemctl stop "postgresql@$version-replica"
	pg_dropcluster "$version" replica
}

# A memory error in the last huge page of the region, where no buffer is in use
break_page() {
	local pid page

	pid=$(systemctl show -P MainPID "$unit")
	page=$(awk '/^[0-9a-f]+-/ { split($1, range, "-") }
		/^KernelPageSize: *2048 kB/ { print range[2] }' "/proc/$pid/smaps")
	page=$(((0x$page - 2097152) / 4096))
	# The server has not touched it yet
	dd if="/proc/$pid/mem" of=/dev/null bs=4096 count=1 skip=$page
	# Of the number of the frame two times 32 bits: this shell has 64 bits with a sign
	# shellcheck disable=SC2046
	set -- $(dd if="/proc/$pid/pagemap" bs=8 count=1 skip=$page 2>/dev/null | od -An -tx4)
	echo $((0x$1 | (0x$2 & 0x7fffff) << 32)) >/sys/kernel/debug/hwpoison/corrupt-pfn
}

broken_page() {
	break_page
	systemctl restart "$unit"
	is_start "cold|created|a page of the memory has a hardware memory error"
	same_sums
	systemctl restart "$unit"
	is_warm kept
}

package() {
	local deb

	deb=$(echo /hp/deb/postgresql-"$version"_*.deb)
	export DEBIAN_FRONTEND=noninteractive
	dpkg -i "$deb"
	is_warm kept
	dpkg --remove --force-depends "postgresql-$version"
	stopped
	! systemctl start "$unit" || fail "it started without the package"
	dpkg -i "$deb"
	is_warm kept
	dpkg --purge --force-depends "postgresql-$version"
	stopped
	[ ! -e "$conf" ] || fail "the cluster is still there"
	systemctl reset-failed "$unit" 2>/dev/null || true
	systemctl clean --what=fdstore "$unit"
}

stage_1() {
	install_extension
	make_table
	systemctl restart "$unit"
	is_warm kept
	replica
	package
	wait_for sh -c "grep -q '^HugePages_Free: *64\$' /proc/meminfo"
	dpkg -i /hp/deb/postgresql-"$version"_*.deb
	pg_lsclusters | grep -q "^$version *main" || pg_createcluster "$version" main
	ls "/usr/lib/postgresql/$version/lib/hugepersist.so"
	install_extension
	make_table
	broken_page
}
