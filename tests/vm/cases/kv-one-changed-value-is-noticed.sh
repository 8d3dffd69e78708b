# SPDX-License-Identifier: MIT
# shows: the comparison of all keys and values can fail: one byte is enough
# hugepages: 40
# layers: redis
stage_1() {
	kv_start -m 64M
	kv_records 1 1000 | redis-cli --pipe
	redis_says OK set same-length "before"
	kv-list 6379 >/state/list
	kv-list 6379 | diff /state/list -
	redis_says OK hugepersist preserve
	redis_says OK set same-length "behind"
}

stage_2() {
	kv_start -m 64M
	redis_says 1001 dbsize
	if kv-list 6379 | diff /state/list -; then
		fail "a changed value was not noticed"
	fi
	redis_says OK set same-length "before"
	kv-list 6379 | diff /state/list -
}
