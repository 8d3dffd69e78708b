# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2154
# shows: the time until a store answers, and until all was read from it, after a
# full reboot and after an update
# cpus: 1
# layers: redis
# time: 400
mib=$(from_cmdline hp.mib)
region=$((mib + mib / 2 + 32))M

# Debian's server with its usual settings, but for the port and the place
redis_start() {
	redis-server --port 6380 --dir /disk --dbfilename dump.rdb --save '' --logfile /tmp/redis.log &
	redis_pid=$!
}

kv_restart() {
	hp-kv -m "$region" --save-dir /disk/save &
}

# restart NAME PORT COMMAND: start a server, time its first answer, and the end
# of reading every key
restart() {
	local started ended

	started=$(awk '{ printf "%d", $1 * 1000 }' /proc/uptime)
	"$3"
	kv-ask "$2" "$1-first" get fill00000001 >/dev/null
	kv-list "$2" >/tmp/sum
	ended=$(awk '{ printf "%d", $1 * 1000 }' /proc/uptime)
	diff /disk/sum /tmp/sum || fail "$1: other data than before"
	value "$1-started" "$started" ms
	value "$1-all" $((ended - started)) ms
}

stage_1() {
	mount_disk
	kv_start -m "$region" --save-dir /disk/save
	kv-fill 6379 "$mib" 1024
	kv-list 6379 >/disk/sum
	redis_says OK save
	redis-cli shutdown nosave || true
	redis_start
	wait_for redis_says PONG -p 6380 ping
	kv-fill 6380 "$mib" 1024
	redis_says OK -p 6380 save
	redis-cli -p 6380 shutdown nosave || true
	wait "$redis_pid" "$kv_pid" || true
	value keys "$(cut -d ' ' -f 1 /disk/sum)" keys
	value saved "$(du -m /disk/save | cut -f 1)" MiB
	value rdb "$(du -m /disk/dump.rdb | cut -f 1)" MiB
	next_by=boot
}

# Nothing of the files is in memory
stage_2() {
	mount_disk
	restart save 6379 kv_restart
	kv_info origin save
	restart rdb 6380 redis_start
	redis-cli -p 6380 shutdown nosave || true
	wait "$redis_pid" || true
	redis_says OK hugepersist preserve
}

stage_3() {
	mount_disk
	restart update 6379 kv_restart
	kv_info origin live-update
}
