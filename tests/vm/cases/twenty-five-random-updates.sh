# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC1091
# shows: 25 updates in a row with random files and changes, every byte compared
# long: yes
# memory: 5120
# hugepages: 48
# args: hugepagesz=1G hugepages=2
# time: 900
# Again with the seed that a run printed: run-case --args "hugepagesz=1G
# hugepages=2 hp.seed=N" twenty-five-random-updates
. /lib/random-updates.sh
