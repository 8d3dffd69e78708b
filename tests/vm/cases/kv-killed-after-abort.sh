# SPDX-License-Identifier: MIT
# shows: hp-kv killed after it took its pages back: they are free, next start
# empty
# hugepages: 40
# layers: redis
stage_1() {
	kv_start -m 64M
	kv_records 1 500 | redis-cli --pipe
	redis_says OK hugepersist abort
	kv_info preserved no
	redis_says 500 dbsize
	kv_kill
	expect_pool 40 40 0 0
	kv_start -m 64M
	redis_says 0 dbsize
	kv_kill
}

stage_2() {
	expect_pool 40 40 0 0
	kv_start -m 64M
	redis_says 0 dbsize
}
