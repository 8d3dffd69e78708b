# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC1091,SC2034
# shows: selftests/liveupdate and LUO's test module
# cpus: 2
# memory: 2048
# hugepages: 16
# time: 420
. /lib/kselftest.sh

# LUO's own test module ties data to each kind of file (lib/tests/liveupdate.c)
flb() {
	for i in 0 1 2; do
		said liveupdate/module "liveupdate-test-flb-v$i: $1"
	done
}

stage_1() {
	said liveupdate/module "Registered 3 FLBs with file handler: [memfd-v2]"
	ksft liveupdate/liveupdate ./liveupdate
	flb 'preserve was triggered'
	flb 'unpreserve was triggered'
	ksft 'liveupdate/luo_kexec_simple -s 1' ./luo_kexec_simple -s 1
}

stage_2() {
	flb 'found flb data from the previous boot'
	ksft 'liveupdate/luo_kexec_simple -s 2' ./luo_kexec_simple -s 2
	flb 'finish was triggered'
	ksft 'liveupdate/luo_multi_session -s 1' ./luo_multi_session -s 1
}

stage_3() {
	ksft 'liveupdate/luo_multi_session -s 2' ./luo_multi_session -s 2
	ksft 'liveupdate/luo_stress_files -s 1' ./luo_stress_files -s 1
}

stage_4() {
	ksft 'liveupdate/luo_stress_files -s 2' ./luo_stress_files -s 2
	ksft 'liveupdate/luo_stress_sessions -s 1' ./luo_stress_sessions -s 1
}

stage_5() {
	ksft 'liveupdate/luo_stress_sessions -s 2' ./luo_stress_sessions -s 2
}
