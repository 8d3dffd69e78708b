# SPDX-License-Identifier: MIT
# shows: hp-kv has the old data or the new after a reset at any moment of a save
# cpus: 2
# memory: 1280
# hugepages: 100
# disk: 512
# layers: redis
# time: 500
stages=7

# Each round has other values under the same keys, all over the region
write_round() {
	kv-fill 6379 31 8000 "$1"
	redis_says OK set round "$1"
	kv-list 6379 >"/disk/sum.$1"
	sync
}

milliseconds() {
	awk '{ printf "%d", $1 * 1000 }' /proc/uptime
}

# What a save is being written to lies beside the one that it is to replace
half_saved() {
	[ "$(find /disk/save -name 'data-*' | wc -l)" -gt 1 ]
}

stage() {
	mount_disk
	if [ "$stage" -gt 1 ] && half_saved; then
		echo "$stage" >>/disk/interrupted
	fi
	kv_start -m 192M --save-dir /disk/save
	if [ "$stage" = 1 ]; then
		kv-fill 6379 48
		write_round 1
		from=$(milliseconds)
		redis_says OK save
		echo $(($(milliseconds) - from)) >/disk/duration
		round=1
	else
		kv_info origin save
		round=$(redis-cli get round)
		[ "$round" = "$stage" ] || [ "$round" = "$(cat /disk/round)" ] ||
			fail "round $round is neither the old nor the new"
		kv-list 6379 | cmp "/disk/sum.$round" -
	fi
	if [ "$stage" = "$stages" ]; then
		report "count resets in the middle of a save: $(wc -l </disk/interrupted)"
		[ -s /disk/interrupted ] || fail "no reset came in the middle of a save"
		return
	fi
	echo "$round" >/disk/round
	write_round $((stage + 1))
	redis-cli save &
	until half_saved; do
		:
	done
	# Later in each stage: from the beginning to about the end
	usleep $(($(cat /disk/duration) * 1000 * (stage - 1) / (stages - 2)))
	next_reset
}
