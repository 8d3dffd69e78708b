# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC2154,SC2034
# The demo, inside the machine. tools/demo runs it with tests/vm/run-case.
# shows: a key-value store keeps its huge pages across a kernel update
# layers: redis
# time: 180

region=$(from_cmdline hp.region)

step() {
	report "say $*"
}

# number NAME COMMAND...: report how long it took, in hundredths of a second
number() {
	local name=$1 from to
	shift
	from=$(cut -d ' ' -f 1 /proc/uptime)
	"$@" || fail "$*: status $?"
	to=$(cut -d ' ' -f 1 /proc/uptime)
	value "$name" "$(echo "$from $to" | awk '{ printf "%d", ($2 - $1) * 1000 }')" ms
}

# start_redis: Debian's server, with its usual settings but the port
start_redis() {
	redis-server --port 6380 --dir /state --dbfilename dump.rdb --save '' --daemonize no --logfile /tmp/redis.log &
	redis_pid=$!
}

pipe() {
	redis-cli -p "$1" --pipe <"$2" >/tmp/pipe.out || return
	grep -q 'errors: 0' /tmp/pipe.out
}

stage_1() {
	hp-kv -m "$region" >/tmp/kv.log 2>&1 &
	wait_for redis_says PONG ping
	step "hp-kv is up on $(uname -r). Loading the package records with redis-cli --pipe"
	number load pipe 6379 /records
	value records "$(redis-cli dbsize)" keys
	step "Writing with redis-benchmark for some seconds"
	number benchmark redis-benchmark -q -t set -n 20000 -r 5000 -d 200 -c 20 -P 8 >/tmp/bench.out
	step "redis-benchmark says: $(tr '\r' '\n' </tmp/bench.out | grep 'requests per second' | tail -n 1)"
	step "Listing every key and value"
	kv-list 6379 >/state/list
	step "$(awk '{ print $1 " keys, " $2 " bytes, checksum " $3 }' /state/list)"
	value keys "$(cut -d ' ' -f 1 /state/list)" keys
	value bytes "$(cut -d ' ' -f 2 /state/list)" bytes
	step "The same data into Debian's redis-server, saved as its RDB file"
	kv-list 6379 --commands >/tmp/commands 2>/dev/null
	start_redis
	wait_for redis_says PONG -p 6380 ping
	number redis-load pipe 6380 /tmp/commands
	kv-list 6380 | diff /state/list - || fail "redis-server does not hold the same data"
	kv-ask 6380 redis-save save
	value rdb "$(wc -c </state/dump.rdb)" bytes
	redis-cli -p 6380 shutdown nosave || true
	wait "$redis_pid" || true
	rm -f /tmp/commands /records
	step "hp-kv preserved its pages at the start. Once more, for the time that it takes"
	redis_says OK hugepersist abort
	kv-ask 6379 preserve hugepersist preserve
	redis_says OK set "demo:last" "written after the preserve"
	kv-list 6379 >/state/list
	step "kexec into the next kernel"
}

stage_2() {
	preserved=$(dmesg | sed -n 's/.*registered 2.00 MiB page size, \([0-9]*\) pages are preserved.*/\1/p')
	[ -n "$preserved" ] || fail "the kernel's log does not say how many pages are preserved"
	value preserved "$preserved" pages
	hp-kv -m "$region" >/tmp/kv.log 2>&1 &
	started=$(awk '{ printf "%d", $1 * 1000 }' /proc/uptime)
	kv-ask 6379 first get demo:last
	value started "$started" ms
	step "hp-kv answers on $(uname -r). Comparing every key and value"
	number compare kv-list 6379 >/tmp/list
	cmp /state/list /tmp/list || {
		step "NOT THE SAME: before $(cat /state/list), after $(cat /tmp/list)"
		fail "what came back is not what went in"
	}
	value same "$(cut -d ' ' -f 1 /tmp/list)" keys
	step "The ordinary way: redis-server loads its RDB file"
	redis_started=$(awk '{ printf "%d", $1 * 1000 }' /proc/uptime)
	start_redis
	kv-ask 6380 redis-first get installed/dpkg >/dev/null
	value redis-started "$redis_started" ms
	value redis-keys "$(redis-cli -p 6380 dbsize)" keys
	redis_says OK set demo:again 1
	redis-cli shutdown || true
}
