# SPDX-License-Identifier: MIT
# shows: a root process with SurviveFinalKillSignal=yes is not killed at shutdown,
# and hands its memory over three times in a row
# suites: trixie sid
# rest: sid
# time: 300
stages=4
stage() {
	keeper /hp/bin/luo SurviveFinalKillSignal=yes
}
