# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC1091,SC2034
# shows: the service that is killed at random moments looks at what it has back
# expect: failed
# words: has other bytes
# memory: 5120
# hugepages: 64
# args: hugepagesz=1G hugepages=2 hp.seed=5 hp.spoil=1
# time: 300
stages=3
. /lib/mixed.sh
