# SPDX-License-Identifier: MIT
# shows: finish and close of a session that came back survive the failure of
# each of their allocations: every page is freed, no byte of a kept file changes
# kernel: debug
# allocations: fail
# hugepages: 132
# time: 150
sessions=40

stage_1() {
	{
		many_sessions $sessions 2M 4M
		echo hold
	} >/tmp/script
	luo </tmp/script
}

# One file of each session is retrieved, the other one is not
stage_2() {
	faults_on
	expect_pool 132 12 0 0
	for i in $(seq $sessions); do
		printf '%s\n' "incoming s$i" "retrieve s$i f$i 1"
	done >/tmp/script
	cat >>/tmp/script <<-'END'
		before mark 2M
		failed check f% %
		failed unchanged 2M
		# No answer: it may be finished, and finish again says so
		faulted check f% %
		faulted finish s%
		faulted close s%
		faulted unchanged 2M 2
		passed check f% %
		passed close s%
		passed unchanged 2M 2
		faults finish finish s%
	END
	luo </tmp/script
	expect_pool 132 132 0 0
}
