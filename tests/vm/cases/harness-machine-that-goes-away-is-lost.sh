# SPDX-License-Identifier: MIT
# shows: a machine that ends without a verdict is lost, not failed
# kernel: stock
# expect: lost
stage_1() {
	poweroff -f
}
