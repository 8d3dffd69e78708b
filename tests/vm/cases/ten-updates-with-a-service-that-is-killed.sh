# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC1091
# shows: ten updates in a row on mixed regions, kill -9 at random moments, and
# nothing is lost that the documentation promises to keep
# long: yes
# memory: 5120
# hugepages: 64
# args: hugepagesz=1G hugepages=2
# time: 900
# Again with the seed that a run printed: run-case --args "hugepagesz=1G
# hugepages=2 hp.seed=N" ten-updates-with-a-service-that-is-killed
. /lib/mixed.sh
