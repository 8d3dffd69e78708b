# SPDX-License-Identifier: MIT
# shows: hp-kv on Linux 7.3 without the series: what it cannot preserve it has
# again from a disk, after a kexec and after a full reboot
# kernel: stock
# cpus: 2
# hugepages: 40
# disk: 256
# layers: redis
# time: 180
stages=3

stage() {
	mount_disk
	kv_start -m 64M --save-dir /disk/save
	redis_says "" get unsaved
	if [ "$stage" = 1 ]; then
		kv_info origin created
		kv_records 1 5000 | redis-cli --pipe
	else
		kv_info origin save
		kv-list 6379 | diff /disk/sum -
	fi
	redis-cli hugepersist preserve | grep -q '^ERR not done: '
	kv_info preserved no
	redis_says OK set "key of stage $stage" value
	kv-list 6379 >/disk/sum
	if [ "$stage" = 1 ]; then
		redis_says OK save
		redis_says OK set unsaved value
		kv_kill
		umount /disk
	else
		redis-cli shutdown || true
		wait "$kv_pid"
		next_by=boot
	fi
}
