# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC2154,SC2034
# What cases can call. Read by every shell in the machine.

from_cmdline() {
	tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p" | tail -n 1
}

# --- the side channel -------------------------------------------------------

find_report_port() {
	local port try

	for try in 1 2 3 4 5 6 7 8 9 10; do
		for port in /sys/class/virtio-ports/*; do
			if [ "$(cat "$port/name" 2>/dev/null)" = hugepersist ]; then
				REPORT=/dev/${port##*/}
				export REPORT
				return
			fi
		done
		sleep 0.1
	done
	echo "no virtio port for the verdict: this machine will count as lost"
}

report() {
	echo "$*" >&2
	echo "$*" >"$REPORT"
}

# value NAME NUMBER UNIT: a measured number, for the host's tables
value() {
	report "value $*"
}

# verdict STATUS WORDS: ends the case and the machine
verdict() {
	report "verdict $*"
	sync
	poweroff -f
	sleep 60
}

fail() {
	report "failed: $*"
	exit 1
}

# --- going to the next kernel -----------------------------------------------

# Cases may set: next_hugepages (the pool the next kernel is told to make),
# next_args (added to its command line), next_kernel_name (patched or stock).
# What is in /state arrives in the next kernel's /state.
load_next() {
	local cmdline kernel

	kernel=/next/kernel/${next_kernel_name:-$(cat /next/default)}
	cmdline=$(sed "s/hp\.stage=[0-9]*/hp.stage=$((stage + 1))/" /proc/cmdline)
	if [ -n "${next_hugepages:-}" ]; then
		cmdline=$(echo "$cmdline" | sed "s/hugepages=[0-9]*/hugepages=$next_hugepages/")
	fi
	(cd / && find next state | cpio -o -H newc 2>/dev/null) >/tmp/wrapper.cpio
	cat /next/layers/*.cpio /tmp/wrapper.cpio >/tmp/next.cpio
	kexec-file -l "$kernel" /tmp/next.cpio "$cmdline ${next_args:-}"
	rm -f /tmp/wrapper.cpio /tmp/next.cpio
}

next_kernel() {
	load_next
	report "kexec"
	kexec-file -e
	fail "the kernel did not kexec"
}

# --- huge page counters -----------------------------------------------------

pool=/sys/kernel/mm/hugepages/hugepages-2048kB

# expect_pool TOTAL FREE RESERVED SURPLUS: sysfs, every node and /proc/meminfo
# agree on the 2 MiB pool
expect_pool() {
	local have nodes

	have="$(cat $pool/nr_hugepages) $(cat $pool/free_hugepages) $(cat $pool/resv_hugepages) $(cat $pool/surplus_hugepages)"
	[ "$have" = "$1 $2 $3 $4" ] ||
		fail "2 MiB pool (total free reserved surplus): expected $1 $2 $3 $4, sysfs says $have"
	have=$(awk '/^HugePages_/ { printf "%s%s", s, $2; s = " " }' /proc/meminfo)
	[ "$have" = "$1 $2 $3 $4" ] ||
		fail "2 MiB pool (total free reserved surplus): expected $1 $2 $3 $4, /proc/meminfo says $have"
	nodes="$(sum_nodes nr_hugepages) $(sum_nodes free_hugepages) $(sum_nodes surplus_hugepages)"
	[ "$nodes" = "$1 $2 $4" ] ||
		fail "2 MiB pool (total free surplus): expected $1 $2 $4, the nodes add up to $nodes"
}

sum_nodes() {
	cat /sys/devices/system/node/node*/hugepages/hugepages-2048kB/"$1" |
		awk '{ n += $1 } END { print n }'
}

# expect_cgroup NAME USED RESERVED: 2 MiB pages charged to a cgroup
expect_cgroup() {
	local used rsvd

	used=$(($(cat "/cgroup/$1/hugetlb.2MB.current") / 2097152))
	rsvd=$(($(cat "/cgroup/$1/hugetlb.2MB.rsvd.current") / 2097152))
	[ "$used $rsvd" = "$2 $3" ] ||
		fail "cgroup $1 (pages used, reserved): expected $2 $3, found $used $rsvd"
}

# in_cgroup NAME COMMAND...: run with its pages charged there
in_cgroup() {
	mkdir -p "/cgroup/$1"
	sh -c 'echo $$ >"/cgroup/$0/cgroup.procs"; exec "$@"' "$@"
}

# --- processes --------------------------------------------------------------

# The process that "luo ... hold" left behind, and everything it held
drop_held() {
	killall luo-hold 2>/dev/null || fail "nothing is held"
	wait_gone luo-hold
}

wait_gone() {
	local try

	for try in $(seq 100); do
		pidof "$1" >/dev/null || return 0
		usleep 50000
	done
	fail "$1 does not end"
}

# wait_for COMMAND...: until it succeeds, ten seconds at most
wait_for() {
	local try

	for try in $(seq 200); do
		"$@" >/dev/null 2>&1 && return 0
		usleep 50000
	done
	fail "waited ten seconds in vain for: $*"
}

# --- the key-value store ----------------------------------------------------

# kv_start OPTION...: in the background, answering
kv_start() {
	hp-kv "$@" &
	kv_pid=$!
	wait_for redis_says PONG ping
}

# kv_kill: SIGKILL, and gone
kv_kill() {
	kill -9 "$kv_pid"
	wait "$kv_pid" || true
}

# redis_says EXPECTED COMMAND...
redis_says() {
	local expected=$1 said
	shift

	said=$(redis-cli "$@")
	[ "$said" = "$expected" ] || {
		echo "redis-cli $*: expected '$expected', said '$said'"
		return 1
	}
}

# kv_records FIRST LAST: a SET each, with a value that can be told from others
kv_records() {
	awk -v from="$1" -v to="$2" 'BEGIN {
		while (length(fill) < 300) fill = fill "0123456789abcdef"
		for (i = from; i <= to; i++)
			printf "SET key:%d value:%d:%s\r\n", i, i * 7919, substr(fill, 1, i % 300)
	}'
}
