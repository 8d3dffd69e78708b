# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC1091
# shows: one changed byte is named with its seed, update, file and offset
# expect: failed
# words: seed 7, update 3: byte 12345 of r4
# hugepages: 48
# args: hp.seed=7 hp.updates=4 hp.change=2
# time: 240
. /lib/random-updates.sh
