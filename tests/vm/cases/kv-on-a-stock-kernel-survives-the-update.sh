# SPDX-License-Identifier: MIT
# shows: hp-kv --shmem keeps all keys and values, in huge pages, through updates
# of Linux 7.3 without the series, and from a disk after a full reboot
# kernel: stock
# disk: 256
# layers: redis
# time: 240
stages=4

in_huge_pages() {
	redis-cli info memory | tr -d '\r' >/tmp/memory
	grep -x region_memory:shmem /tmp/memory
	grep -x region_huge_bytes:$((64 << 20)) /tmp/memory
}

stage() {
	mount_disk
	kv_start -m 64M --shmem --save-dir /disk/save
	in_huge_pages
	case $stage in
	1)
		kv_info origin created
		kv_records 1 5000 | redis-cli --pipe
		;;
	2 | 3)
		kv_info origin live-update
		kv-list 6379 | diff /state/sum -
		;;
	4)
		kv_info origin save
		kv-list 6379 | diff /disk/sum -
		;;
	esac
	redis_says OK hugepersist preserve
	kv_info preserved yes
	redis_says OK set "key of stage $stage" value
	in_huge_pages
	kv-list 6379 >/state/sum
	if [ "$stage" = 3 ]; then
		cp /state/sum /disk/sum
		redis-cli shutdown || true
		wait "$kv_pid"
		next_by=boot
	fi
}
