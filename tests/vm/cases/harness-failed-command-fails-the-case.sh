# SPDX-License-Identifier: MIT
# shows: a command that fails in the machine fails the case
# kernel: stock
# expect: failed
stage_1() {
	false
	verdict 0 "went on after a failure"
}
