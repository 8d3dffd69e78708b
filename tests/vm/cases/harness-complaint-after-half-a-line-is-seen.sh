# SPDX-License-Identifier: MIT
# shows: what a program was writing does not hide a complaint of the kernel's
# kernel: stock
# expect: complaint
# words: written by the case
stage_1() {
	printf 'half a line' >/dev/console
	echo '<3>BUG: Bad page state, written by the case' >/dev/kmsg
}
