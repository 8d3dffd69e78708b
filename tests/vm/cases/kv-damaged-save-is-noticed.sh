# SPDX-License-Identifier: MIT
# shows: one other bit in a value on the disk, and hp-kv does not start
# hugepages: 40
# disk: 256
# layers: redis
# expect: failed
# words: the save in /disk/save cannot be used
# time: 180
stage_1() {
	mount_disk
	kv_start -m 64M --save-dir /disk/save
	kv_records 1 1000 | redis-cli --pipe
	redis_says OK set here "the value to be damaged"
	redis-cli shutdown || true
	wait "$kv_pid"
	next_by=boot
}

stage_2() {
	mount_disk
	set -- /disk/save/data-*
	at=$(strings -t d "$1" | awk '(n = index($0, "the value to be damaged")) {
		match($0, /[0-9]+ /)
		print $1 + n - RSTART - RLENGTH
		exit
	}')
	printf T | dd of="$1" bs=1 seek="$at" conv=notrunc
	grep -q "The value to be damaged" "$1"
	next_by=boot
}

stage_3() {
	mount_disk
	if hp-kv -m 64M --save-dir /disk/save 2>/tmp/said; then
		fail "it started"
	fi
	fail "$(sed -n 1p /tmp/said)"
}
