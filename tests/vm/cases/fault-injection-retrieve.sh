# SPDX-License-Identifier: MIT
# shows: a retrieve in which an allocation fails loses nothing and is repeated
# until it works
# kernel: debug
# allocations: fail
# hugepages: 132
# time: 150
files=60

stage_1() {
	for i in $(seq $files); do
		printf '%s\n' "memfd f$i 2M 4M" "fill f$i $i" "create s$i" \
			"preserve s$i f$i 1" "close f$i" "create t$i"
	done >/tmp/script
	echo hold >>/tmp/script
	luo </tmp/script
}

# Each attempt that works in spite of the failure uses a file up
stage_2() {
	faults_on
	expect_pool 132 12 0 0
	for i in $(seq $files); do
		echo "incoming s$i"
	done >/tmp/script
	cat >>/tmp/script <<-'END'
		passed close t%
		faults session incoming t%
		passed
		before mark 2M
		failed unchanged 2M
		failed charged 2M app 0 0
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
