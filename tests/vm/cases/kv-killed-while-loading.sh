# SPDX-License-Identifier: MIT
# shows: hp-kv killed while it is written to: pages free, next start empty
# hugepages: 40
# layers: redis
stage_1() {
	kv_start -m 64M
	kv_records 1 100000 | redis-cli --pipe &
	loader=$!
	usleep 300000
	kv_kill
	wait "$loader" && fail "all was loaded before the kill, load more"
	expect_pool 40 40 0 0
	kv_start -m 64M
	redis_says 0 dbsize
	redis_says OK hugepersist preserve
}

stage_2() {
	kv_start -m 64M
	redis_says 0 dbsize
}
