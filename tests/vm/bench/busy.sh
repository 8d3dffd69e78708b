# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
# shows: how long the clients of hp-kv wait while another process preserves 4 GiB again
# and again, and while hugepersist update tries what is held
# cpus: 2
# memory: 7168
# hugepages: 2120
# layers: redis
# time: 600

# measure NAME: the percentiles of GETs and SETs, in us, and how many rounds the other
# process made
measure() {
	local rounds=0

	redis-benchmark -t get,set -n 40000 -c 8 -r 10000 -d 100 --csv >/tmp/bench
	[ ! -e /tmp/rounds ] || rounds=$(wc -l </tmp/rounds)
	awk -F '","|"' -v name="$1" -v rounds="$rounds" '
		$2 == "GET" || $2 == "SET" {
			kind = tolower($2)
			printf "%s-%s-p50 %d us\n%s-%s-p99 %d us\n%s-%s-max %d us\n", name, kind,
				$5 * 1000, name, kind, $7 * 1000, name, kind, $8 * 1000
		}
		END { printf "%s-rounds %d rounds\n", name, rounds }' /tmp/bench >/tmp/values
	while read -r what number unit; do
		value "$what" "$number" "$unit"
	done </tmp/values
}

# while_loop NAME COMMAND...: the command again and again beside the clients
while_loop() {
	local name=$1 loop
	shift

	: >/tmp/rounds
	(while "$@" >/tmp/loop 2>&1 && [ ! -e /tmp/enough ]; do echo >>/tmp/rounds; done) &
	loop=$!
	wait_for test -s /tmp/rounds
	measure "$name"
	: >/tmp/enough
	wait $loop
	rm /tmp/enough /tmp/rounds
}

preserves() {
	luo <<-'END'
		open m /tmp/huge/file
		create s
		preserve s m 1
		close s
	END
}

tries() {
	hugepersist update /tmp/kernel --append="$(cat /proc/cmdline)" --initrd=none --dry-run || [ $? = 1 ]
}

stage_1() {
	mkdir -p /tmp/huge
	mount -t hugetlbfs -o pagesize=2M none /tmp/huge
	fallocate -l 4G /tmp/huge/file
	kv_start -m 64M
	cat "$(drive patched)" >/tmp/kernel
	measure before
	while_loop preserve preserves
	measure between
	while_loop trial tries
	measure after
}
