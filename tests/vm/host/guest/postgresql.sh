# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC2154,SC2034
# What the cases about PostgreSQL can call. The cluster is called main.

version=$(ls /usr/lib/postgresql)
unit=postgresql@$version-main
conf=/etc/postgresql/$version/main/postgresql.conf

as_postgres() {
	setpriv --reuid=postgres --regid=postgres --init-groups "$@"
}

# ask SQL [PORT]
ask() {
	as_postgres psql -XAtq -v ON_ERROR_STOP=1 -p "${2:-5432}" -c "$1" postgres
}

# As the README of the extension says, but for the size
install_extension() {
	local folder=/etc/systemd/system/postgresql@.service.d

	install_packages
	mkdir -p "$folder"
	cp /usr/share/hugepersist/postgresql.conf "$folder/hugepersist.conf"
	[ -e "$conf" ] || pg_createcluster "$version" main
	cat >>"$conf" <<-END
		shared_preload_libraries = 'hugepersist'
		hugepersist.enable = on
		shared_buffers = 64MB
		max_parallel_workers_per_gather = 0
		autovacuum = off
	END
	systemctl daemon-reload
	systemctl restart "$unit" || {
		tail -n 20 /var/log/postgresql/*
		journalctl -n 20 -u "$unit"
		fail "PostgreSQL did not start"
	}
	wait_for ask "SELECT 1"
	ask "CREATE EXTENSION hugepersist"
	is_start "cold|created|the memory is new"
}

# is_start WORDS: how it started, and where the memory came from
is_start() {
	local have

	wait_for ask "SELECT 1"
	have=$(ask "SELECT start, origin, coalesce(why_cold, '') FROM hugepersist_status")
	[ "$have" = "$1" ] || fail "expected the start '$1', got '$have'"
}

sums="SELECT count(*), sum(n), md5(string_agg(w, '' ORDER BY n)) FROM t"

make_table() {
	ask "CREATE TABLE t AS SELECT n, md5(n::text) AS w FROM generate_series(1, 60000) n"
	ask "CREATE INDEX ON t (n)"
	ask "VACUUM t"
	change 0
}

change() {
	ask "UPDATE t SET w = md5(w) WHERE n % 10 = $1"
	ask "VACUUM t"
	ask "$sums" >/hp/log/sums
}

# same_sums [PORT]
same_sums() {
	[ "$(ask "$sums" "${1:-5432}")" = "$(cat /hp/log/sums)" ] || fail "the table is another"
}

# is_warm ORIGIN: no page is read, and every row is there
is_warm() {
	local plan

	is_start "warm|$1|"
	plan=$(ask "EXPLAIN (ANALYZE, BUFFERS) SELECT sum(n) FROM t")
	report "warm, $1: $(ask "SELECT buffers, bytes, milliseconds FROM hugepersist_status") $(
		echo "$plan" | grep -m 1 Buffers:)"
	! echo "$plan" | grep -q 'read=' || fail "pages were read: $plan"
	same_sums
}

stopped() {
	wait_for sh -c "! systemctl is-active -q $unit"
}
