# SPDX-License-Identifier: MIT
# shows: the log of the kernel after the update is judged as well
# kernel: stock
# expect: complaint
# words: written by the case
stage_1() {
	:
}

stage_2() {
	echo '<3>BUG: Bad page state, written by the case' >/dev/kmsg
}
