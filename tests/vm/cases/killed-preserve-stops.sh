# SPDX-License-Identifier: MIT
# shows: a task that is killed while it preserves does not go on to the last page
# cpus: 2
# memory: 2560
# hugepages: 520
size=1024

# pins: how many pages were pinned since the boot
pins() {
	awk '$1 == "nr_foll_pin_acquired" { print $2 }' /proc/vmstat
}

# state PID
state() {
	awk '{ print $3 }' "/proc/$1/stat"
}

has_pages() {
	[ "$(stat -c %b /tmp/huge/file)" -gt 0 ]
}

waits_for_the_file() {
	[ "$(state "$1")" = D ]
}

# killed_in_time: the task waits for the file, which another one fills, when it is
# killed. False if the other one was done too early.
killed_in_time() {
	local filler preserver before waited=

	before=$(pins)
	fallocate -l ${size}M /tmp/huge/file &
	filler=$!
	wait_for has_pages
	printf '%s\n' 'open f /tmp/huge/file' 'create s' 'preserve s f 1' | luo &
	preserver=$!
	wait_for waits_for_the_file $preserver
	kill -9 $preserver
	[ "$(state $filler)" = Z ] || waited=yes
	wait $filler || fail "the file was not filled"
	! wait $preserver || fail "the task was not killed"
	[ "$waited" ] || return 1
	[ "$(stat -c %b /tmp/huge/file)" = $((size * 2048)) ] || fail "the file is not full"
	[ "$(pins)" = "$before" ] ||
		fail "$(($(pins) - before)) pages were pinned after the task was killed"
}

stage_1() {
	mkdir -p /tmp/huge
	mount -t hugetlbfs -o pagesize=2M none /tmp/huge
	for _ in 1 2 3 4 5; do
		killed_in_time && return
		rm /tmp/huge/file
	done
	fail "the file was full too early five times"
}
