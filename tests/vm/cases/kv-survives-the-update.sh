# SPDX-License-Identifier: MIT
# shows: hp-kv has every key and value after the update, without loading
# arch: x86 arm64 arm64-64K
# cpus: 2
# hugepages: 40
# layers: redis
stage_1() {
	kv_start -m 64M
	kv_info holder process
	kv_info outlives_restart no
	kv_info outlives_kexec yes
	kv_records 1 5000 | redis-cli --pipe
	redis_says OK set big "$(kv_records 1 300)"
	redis_says OK hugepersist preserve
	redis_says OK set late "written after the preserve"
	kv-list 6379 >/state/sum
	redis_says 5002 dbsize
}

stage_2() {
	kv_start -m 64M
	redis_says 5002 dbsize
	redis_says "written after the preserve" get late
	kv-list 6379 | diff /state/sum -
	redis_says OK set more 1
	redis-cli shutdown || true
	wait "$kv_pid"
	expect_pool 40 40 0 0
}
