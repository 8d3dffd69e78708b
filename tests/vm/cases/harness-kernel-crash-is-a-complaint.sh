# SPDX-License-Identifier: MIT
# shows: a kernel that really crashes is told from a machine that was lost
# kernel: stock
# expect: complaint
# words: sysrq triggered crash
stage_1() {
	echo c >/proc/sysrq-trigger
}
