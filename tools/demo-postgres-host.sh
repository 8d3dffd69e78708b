# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC2154,SC2034
# The demo of PostgreSQL, on the host. tools/demo-postgres runs it with
# tests/vm/host/run-host.
# shows: PostgreSQL is warm after a kernel update
# packages: sid=postgresql-18 sid=mount
# installs: hugepersist postgresql-*-hugepersist
# disk: 10
# time: 3600
. /hp/lib/postgresql.sh

mib=96 scale=5 seconds=30
bench=/usr/lib/postgresql/$version/bin/pgbench

random_accounts="SELECT sum(a.abalance) FROM (SELECT 1 + hashint4(n)::bigint % 249999 + 249999 AS key
	FROM generate_series(1, 2000) n) k, LATERAL (SELECT abalance FROM pgbench_accounts
	WHERE aid = k.key OFFSET 0) a"

# settle KIND: all accounts are in shared_buffers of a server that starts so
settle() {
	local library=$1

	case $1 in autoprewarm) library=pg_prewarm ;; cold) library='' ;; esac
	cat >>"$conf" <<-END
		shared_preload_libraries = '$library'
		pg_prewarm.autoprewarm_interval = 0
	END
	systemctl restart "$unit"
	wait_for ask "SELECT 1"
	ask "SELECT pg_prewarm('pgbench_accounts'), pg_prewarm('pgbench_accounts_pkey');
		$random_accounts" >/dev/null
}

# load SECONDS: two clients
load() {
	as_postgres "$bench" -n -c 2 -T "$1" -P 1 -M prepared -b select-only@9 \
		-b tpcb-like@1 postgres 2>&1
}

# under_load NAME SECONDS: a value for each second
under_load() {
	load "$2" | sed -n 's/^progress: .* s, \([0-9.]*\) tps.*/\1/p' >/tmp/tps
	while read -r tps; do
		value "$1" "$tps" tps
	done </tmp/tps
}

# Pages that any process of the server has read since leave_under_load
reads() {
	ask "SELECT sum(read_bytes)::bigint / 8192 FROM pg_stat_io WHERE object = 'relation'"
}

# after KIND: start it, and see what the first queries meet
after() {
	local name=$1 plan from to

	from=$(cut -d ' ' -f 1 /proc/uptime)
	systemctl start --no-block "$unit"
	until ask "SELECT 1" >/dev/null 2>&1; do
		usleep 20000
	done
	to=$(cut -d ' ' -f 1 /proc/uptime)
	value "$name-answer-ms" "$(echo "$from $to" | awk '{ printf "%d", ($2 - $1) * 1000 }')" ms
	value "$name-buffers" "$(ask "SELECT count(relfilenode) FROM pg_buffercache")" pages
	plan=$(ask "SET enable_memoize = off; EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) $random_accounts")
	value "$name-first-ms" "$(echo "$plan" | sed -n 's/^Execution Time: \([0-9]*\).*/\1/p')" ms
	value "$name-first-reads" "$(echo "$plan" | sed -n 's/^.*read=\([0-9]*\).*/\1/p' |
		sort -n | awk '{ n = $1 } END { print n + 0 }')" pages
	under_load "$name" $seconds
	value "$name-reads" "$(reads)" pages
	report "say PostgreSQL after the kernel update, $name: $(echo "$plan" | grep -m 1 Buffers: |
		sed 's/^ *//')"
}

# leave_under_load KIND: the host goes down while clients are at work
leave_under_load() {
	settle "$1"
	under_load before-"$1" 10
	ask "SELECT pg_stat_reset_shared('io')" >/dev/null
	load 600 >/dev/null 2>&1 &
	sleep 2
	report "say Updating the kernel by systemctl kexec, under load"
}

stage_1() {
	install_extension
	echo "shared_buffers = ${mib}MB" >>"$conf"
	# Not at boot: it is to be watched from its first moment
	echo manual >"${conf%/*}/start.conf"
	report "say PostgreSQL is up on $(uname -r). Loading ${scale}00000 accounts"
	systemctl restart "$unit"
	wait_for ask "SELECT 1"
	as_postgres "$bench" -iq -I dtGvp -s $scale postgres >/dev/null 2>&1
	ask "CREATE EXTENSION pg_prewarm; CREATE EXTENSION pg_buffercache"
	value version "$(ask "SHOW server_version" | cut -d ' ' -f 1)" version
	value mib "$mib" MiB
	leave_under_load hugepersist
}

stage_2() {
	after hugepersist
	leave_under_load autoprewarm
}

stage_3() {
	after autoprewarm
	leave_under_load cold
}

stage_4() {
	after cold
}
