# SPDX-License-Identifier: MIT
# shows: a kernel that really crashes is told from a machine that was lost
# kernel: stock
# expect: complaint
stage_1() {
	echo c >/proc/sysrq-trigger
}
