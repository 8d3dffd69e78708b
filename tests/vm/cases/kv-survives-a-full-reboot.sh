# SPDX-License-Identifier: MIT
# shows: hp-kv has every key and value after a full reboot, from a disk, and
# after a live update of what came from there
# cpus: 2
# hugepages: 40
# disk: 256
# layers: redis
# time: 180
stage_1() {
	mount_disk
	kv_start -m 64M --save-dir /disk/save
	kv_info origin created
	kv_records 1 5000 | redis-cli --pipe
	redis_says OK set big "$(kv_records 1 300)"
	redis_says 5001 dbsize
	kv-list 6379 >/disk/sum
	redis-cli shutdown || true
	wait "$kv_pid"
	next_by=boot
}

stage_2() {
	mount_disk
	kv_start -m 64M --save-dir /disk/save
	kv_info origin save
	kv_info saved yes
	kv-list 6379 | diff /disk/sum -
	redis_says OK set late "written after the load"
	kv_info saved no
	redis_says OK hugepersist preserve
	kv-list 6379 >/state/sum
	# Also with data to hand over a save is taken
	redis_says OK save
	redis_says OK set later "written after the save"
	redis_says 5003 dbsize
}

# The save is older than what the kernel handed over
stage_3() {
	mount_disk
	kv_start -m 64M --save-dir /disk/save
	kv_info origin live-update
	redis_says 5003 dbsize
	redis_says "written after the save" get later
	redis_says 1 del later
	kv-list 6379 | diff /state/sum -
	redis_says OK set last "written after the update"
	# As after a crash: without a save, so the one before the update counts
	kv_kill
	next_by=boot
}

stage_4() {
	mount_disk
	kv_start -m 64M --save-dir /disk/save
	kv_info origin save
	redis_says 5002 dbsize
	redis_says "written after the load" get late
	redis_says "" get last
}
