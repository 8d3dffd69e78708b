# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC2154
# shows: how long the clients of PostgreSQL wait while another process preserves 4 GiB
# again and again, and while hugepersist update tries that and 4 GiB of a service
# packages: sid=postgresql-18 sid=mount
# installs: hugepersist postgresql-*-hugepersist
# cpus: 2
# memory: 7168
# hugepages: 2220
# time: 1800
. /hp/lib/postgresql.sh
. /hp/lib/busy.sh
seconds=30
bench=/usr/lib/postgresql/$version/bin/pgbench

# The latencies of a file of pgbench, in us, of the script with this number
latencies() {
	cat /tmp/pgbench/log.* | awk -v script="$1" '$4 == script { print $3 }' | sort -n
}

# measure NAME: the percentiles and the longest of the transactions that read, and of
# those that write
measure() {
	local kind script=0

	rm -f /tmp/pgbench/log.*
	as_postgres "$bench" -n -c 2 -j 1 -T $seconds -M prepared -b select-only@9 -b tpcb-like@1 \
		--log --log-prefix=/tmp/pgbench/log postgres >/hp/log/pgbench 2>&1
	rounds_of "$1"
	value "$1-all" "$(cat /tmp/pgbench/log.* | wc -l)" transactions
	for kind in read write; do
		latencies $script | awk -v name="$1-$kind" '
			{ v[NR] = $1 }
			END {
				if (NR < 100) exit 1
				printf "%s-p50 %d us\n%s-p99 %d us\n%s-max %d us\n",
					name, v[int(NR * 0.5) + 1], name, v[int(NR * 0.99) + 1],
					name, v[NR]
			}' >/tmp/values || fail "$1: too few transactions that $kind"
		values </tmp/values
		script=$((script + 1))
	done
}

# 4 GiB of a service, for the trial to try
hold_4g() {
	hold_unit much FileDescriptorStorePreserve=yes "keep=--mib 4096"
	systemctl daemon-reload
	systemctl start much
	terminal hugepersist update /hp/kernel/patched --append="$line" --initrd=none --dry-run
	[ "$status" = 0 ] || fail "the trial says no"
	grep -q 'much.service' /hp/log/said || fail "the trial does not tell of the 4 GiB"
}

stage_1() {
	install_extension
	echo "shared_buffers = 128MB" >>"$conf"
	systemctl restart "$unit"
	wait_for ask "SELECT 1"
	as_postgres "$bench" -iq -I dtGvp -s 5 postgres >/hp/log/pgbench 2>&1
	install -d -o postgres /tmp/pgbench
	measure warm-up
	measure before
	while_loop compute computes
	make_file 4G
	while_loop preserve preserves
	rm /tmp/huge/file
	hold_4g
	measure between
	while_loop trial tries /hp/kernel/patched
	measure after
}
