# SPDX-License-Identifier: MIT
# shows: a machine that gives no verdict in time is lost, not failed
# kernel: stock
# time: 8
# expect: lost
# words: no verdict within
stage_1() {
	sleep 1000
}
