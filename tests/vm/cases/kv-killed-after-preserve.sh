# SPDX-License-Identifier: MIT
# shows: hp-kv killed after the preserve: pages free, next start empty, also
# after the kexec, and preserving works again
# cpus: 2
# hugepages: 40
# layers: redis
stage_1() {
	kv_start -m 64M
	kv_records 1 500 | redis-cli --pipe
	kv_info preserved yes
	expect_pool 40 8 0 0
	redis_says OK hugepersist preserve
	expect_pool 40 8 0 0
	kv_kill
	expect_pool 40 40 0 0
	kv_start -m 64M
	redis_says 0 dbsize
	kv_kill
	expect_pool 40 40 0 0
}

stage_2() {
	expect_pool 40 40 0 0
	kv_start -m 64M
	redis_says 0 dbsize
	redis_says OK set key value
	redis_says OK hugepersist preserve
}

stage_3() {
	kv_start -m 64M
	redis_says value get key
}
