# SPDX-License-Identifier: MIT
# shows: a root process whose name begins with @ is not killed at shutdown, and
# hands its memory over three times in a row
# suites: bookworm
# time: 300
stages=4
stage() {
	keeper '@/hp/bin/luo @luo'
}
