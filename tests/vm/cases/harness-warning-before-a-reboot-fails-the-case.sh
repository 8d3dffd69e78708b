# SPDX-License-Identifier: MIT
# shows: what the kernel said before a full reboot is judged too
# kernel: stock
# disk: 16
# expect: complaint
# words: written by the case
stage_1() {
	mount_disk
	echo kept >/disk/file
	echo "<4>WARNING: CPU: 0 PID: 1 at nowhere, written by the case" >/dev/kmsg
	next_by=boot
}

stage_2() {
	mount_disk
	[ "$(cat /disk/file)" = kept ]
}
