# SPDX-License-Identifier: MIT
# shows: a warning in the kernel's log counts though the case passes
# kernel: stock
# expect: complaint
# words: written by the case
stage_1() {
	echo '<4>WARNING: CPU: 0 PID: 1 at nowhere, written by the case' >/dev/kmsg
}
