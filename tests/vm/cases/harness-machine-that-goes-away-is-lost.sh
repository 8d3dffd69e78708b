# SPDX-License-Identifier: MIT
# shows: a machine that ends without a verdict is lost, not failed
# kernel: stock
# expect: lost
# words: ended without a verdict
stage_1() {
	poweroff -f
}
