# SPDX-License-Identifier: MIT
# shows: a command that fails in the machine fails the case
# kernel: stock
# expect: failed
# words: stage 1 ended with status 1
stage_1() {
	false
	verdict 0 "went on after a failure"
}
