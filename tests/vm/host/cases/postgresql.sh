# SPDX-License-Identifier: MIT
# shows: PostgreSQL of Debian, unmodified, comes back warm: over restarts, and on sid
# over three kexecs, also if it was stopped or killed before
# packages: bookworm=postgresql-15 trixie=postgresql-17 sid=postgresql-18
# postgresql: bookworm=15 trixie=17 sid=18
# rest: bookworm trixie sid
# time: 900
case $suite in sid) stages=4 ;; *) stages=1 ;; esac

ask() {
	setpriv --reuid=postgres --regid=postgres --init-groups \
		psql -XAtq -v ON_ERROR_STOP=1 -c "$1" postgres
}

sums="SELECT count(*), sum(n), md5(string_agg(w, '' ORDER BY n)) FROM t"

install_extension() {
	local folder=/etc/systemd/system/postgresql@.service.d

	version=$(ls /usr/lib/postgresql)
	cp /hp/postgresql/hugepersist.so "/usr/lib/postgresql/$version/lib/"
	cp /hp/postgresql/*.control /hp/postgresql/*.sql \
		"/usr/share/postgresql/$version/extension/"
	cp /hp/postgresql/hugepersist-postgresql /usr/local/sbin/
	mkdir -p "$folder"
	cp /hp/postgresql/hugepersist.conf "$folder/"
	[ -e "/etc/postgresql/$version/main" ] || pg_createcluster "$version" main
	cat >>"/etc/postgresql/$version/main/postgresql.conf" <<-END
		shared_preload_libraries = 'hugepersist'
		hugepersist.enable = on
		shared_buffers = 64MB
		max_parallel_workers_per_gather = 0
		autovacuum = off
	END
	systemctl daemon-reload
	systemctl restart "postgresql@$version-main"
}

# is_start WORDS: how it started, and where the memory came from
is_start() {
	local have

	wait_for ask "SELECT 1"
	have=$(ask "SELECT start, origin, coalesce(why_cold, '') FROM hugepersist_status")
	[ "$have" = "$1" ] || fail "expected the start '$1', got '$have'"
}

# is_warm ORIGIN: no page is read, and every row is there
is_warm() {
	local plan

	is_start "warm|$1|"
	plan=$(ask "EXPLAIN (ANALYZE, BUFFERS) SELECT sum(n) FROM t")
	report "$(ask "SELECT buffers, bytes, milliseconds, outlives_kexec FROM hugepersist_status") $(
		echo "$plan" | grep -m 1 Buffers:)"
	! echo "$plan" | grep -q 'read=' || fail "pages were read: $plan"
	[ "$(ask "$sums")" = "$(cat /hp/log/sums)" ] || fail "the table is another"
}

change() {
	ask "UPDATE t SET w = md5(w) WHERE n % 10 = $1"
	ask "VACUUM t"
	ask "$sums" >/hp/log/sums
}

restarts() {
	pg_lsclusters | grep -q "^$version *main .*online" || fail "pg_lsclusters: $(pg_lsclusters)"
	systemctl restart "postgresql@$version-main"
	is_warm kept
	pg_ctlcluster "$version" main restart
	is_warm kept
	pg_ctlcluster "$version" main reload
	systemctl reload "postgresql@$version-main"
	change 1
	systemctl daemon-reexec
	systemctl restart "postgresql@$version-main"
	is_warm kept
	# As somebody without systemd does
	pg_ctlcluster "$version" main stop
	wait_for sh -c "! systemctl is-active -q postgresql@$version-main"
	[ "$suite" = bookworm ] || {
		pg_ctlcluster "$version" main start
		is_warm kept
	}
	[ "$suite" != bookworm ] || systemctl start "postgresql@$version-main"
	systemctl kill --signal=KILL "postgresql@$version-main"
	wait_for sh -c "! systemctl is-active -q postgresql@$version-main"
	systemctl reset-failed "postgresql@$version-main"
	systemctl start "postgresql@$version-main"
	[ "$suite" = bookworm ] || is_start "cold|kept|the last run did not stop cleanly"
	[ "$(ask "$sums")" = "$(cat /hp/log/sums)" ] || fail "the table is another"
	ask "SELECT sum(n) FROM t"
	systemctl restart "postgresql@$version-main"
	is_warm kept
}

stage() {
	version=$(ls /usr/lib/postgresql)
	case $stage in
	1)
		install_extension
		wait_for ask "SELECT 1"
		ask "CREATE EXTENSION hugepersist"
		is_start "cold|created|the memory is new"
		ask "CREATE TABLE t AS SELECT n, md5(n::text) AS w FROM generate_series(1, 60000) n"
		ask "CREATE INDEX ON t (n)"
		ask "VACUUM t"
		change 0
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
		systemctl stop "postgresql@$version-main"
		;;
	4)
		is_warm "live update"
		change 4
		systemctl restart "postgresql@$version-main"
		is_warm kept
		;;
	esac
}
