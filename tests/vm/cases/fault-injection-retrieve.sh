# SPDX-License-Identifier: MIT
# shows: a retrieve in which an allocation fails loses nothing and is repeated
# until it works
# kernel: debug
# allocations: fail
# hugepages: 132
# time: 150
files=60

stage_1() {
	{
		many_sessions $files 4M
		for i in $(seq $files); do
			echo "create t$i"
		done
		echo hold
	} >/tmp/script
	luo </tmp/script
}

# Each attempt that works in spite of the failure uses a file up, and so does one
# whose answer could not be written: LUO may have retrieved the file then
stage_2() {
	faults_on
	expect_pool 132 12 0 0
	for i in $(seq $files); do
		echo "incoming s$i"
	done >/tmp/script
	cat >>/tmp/script <<-'END'
		# No answer: the session may be gone, it held nothing
		faulted used 2M 120 0
		passed close t%
		faults session incoming t%
		faulted
		passed
		before mark 2M
		failed unchanged 2M
		failed charged 2M app 0 0
		faulted retrieve s% f% 1
		faulted unchanged 2M
		faulted charged 2M app 2 2
		faulted check f% %
		faulted finish s%
		faulted close s%
		faulted close f%
		faulted unchanged 2M 2
		faulted charged 2M app 0 0
		passed unchanged 2M
		passed charged 2M app 2 2
		passed check f% %
		passed finish s%
		passed close s%
		passed close f%
		passed unchanged 2M 2
		passed charged 2M app 0 0
		faults retrieve retrieve s% f% 1
	END
	in_cgroup app luo </tmp/script
	expect_pool 132 132 0 0
}
