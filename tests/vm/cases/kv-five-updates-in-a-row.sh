# SPDX-License-Identifier: MIT
# shows: hp-kv goes through five updates, written to in between
# hugepages: 24
# layers: redis
# time: 240
stages=6

stage() {
	kv_start -m 32M
	redis_says $((stage - 1)) dbsize
	[ "$stage" = 1 ] || redis_says "of stage $((stage - 1))" get "key$((stage - 1))"
	redis_says OK set "key$stage" "of stage $stage"
	[ "$stage" = 1 ] || redis_says "of stage 1" get key1
	kv_info preserved yes
}
