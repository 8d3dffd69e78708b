# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2154
# shows: the time until hp-kv answers, after an update with much data
# layers: redis
# time: 300
mib=$(from_cmdline hp.mib)
region=$((mib + mib / 4 + 32))M

stage_1() {
	kv_start -m "$region"
	kv-fill 6379 "$mib"
	redis_says OK hugepersist preserve
}

stage_2() {
	hp-kv -m "$region" &
	started=$(awk '{ printf "%d", $1 * 1000 }' /proc/uptime)
	kv-ask 6379 first get fill00000001 >/dev/null
	value started "$started" ms
	value userspace "$(echo "$uptime" | awk '{ printf "%d", $1 * 1000 }')" ms
	redis_says $((mib * 64)) dbsize
}
