# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
# shows: how long the clients of hp-kv wait while another process preserves 4 GiB again
# and again, and while hugepersist update tries what is held
# cpus: 2
# memory: 7168
# hugepages: 2120
# layers: redis
# time: 600
. "$HP_ROOT/lib/busy.sh"

# measure NAME: the percentiles of GETs and SETs, in us
measure() {
	redis-benchmark -t get,set -n 40000 -c 8 -r 10000 -d 100 --csv >/tmp/bench
	rounds_of "$1"
	awk -F '","|"' -v name="$1" '
		$2 == "GET" || $2 == "SET" {
			kind = tolower($2)
			printf "%s-%s-p50 %d us\n%s-%s-p99 %d us\n%s-%s-max %d us\n", name, kind,
				$5 * 1000, name, kind, $7 * 1000, name, kind, $8 * 1000
		}' /tmp/bench >/tmp/values
	values </tmp/values
}

# This machine has no systemd, and so the answer is no
tries_here() {
	tries /tmp/kernel || [ $? = 1 ]
}

stage_1() {
	make_file 4G
	kv_start -m 64M
	cat "$(drive patched)" >/tmp/kernel
	measure before
	while_loop compute computes
	while_loop preserve preserves
	measure between
	while_loop trial tries_here
	measure after
}
