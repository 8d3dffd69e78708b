# SPDX-License-Identifier: MIT
# shows: memory that the debug kernel finds leaked at the end of a stage fails
# the case
# kernel: debug
# expect: complaint
# words: unreferenced object
stage_1() {
	# The kernel's own code leaks nothing on demand. What orders a scan is
	# added to the file.
	printf 'unreferenced object 0xffff888000000000 (size 8):\n' >/tmp/report
	mount -o bind /tmp/report /sys/kernel/debug/kmemleak
}
