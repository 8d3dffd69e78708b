# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC1091
# shows: 25 updates in a row, files of 2 MiB, 1 GiB and small pages created,
# shows: resized, dropped and preserved at random between them, every byte compared
# memory: 5120
# hugepages: 48
# args: hugepagesz=1G hugepages=2
# time: 900
# Again with the seed that a run printed: run-case --args "hugepagesz=1G
# hugepages=2 hp.seed=N" twenty-five-random-updates
. /lib/random-updates.sh
