# SPDX-License-Identifier: MIT
# shows: the KUnit tests of the series pass: the records that the previous
# kernel left of files and pools are checked field by field
# kernel: debug
# args: kunit.enable=1 kunit.autorun=1
# time: 60

# passed SUITE: in the log on stdin the suite is there, planned a test and more,
# ran all of them, and none of them failed or was skipped. Prints their number.
passed() {
	sed -E 's/^(<[0-9]+>)?\[[^]]*\] //' | awk -v suite="$1" '
		$1 == "#" && $2 == "Subtest:" { inside = $3 == suite }
		inside && /^ +1[.][.][0-9]+$/ { sub(/.*[.]/, ""); planned = $0 }
		inside && /^ +ok / { ran++ }
		inside && /^ +not ok |# SKIP/ { bad++ }
		/^ok / && $3 == suite { good = inside; inside = 0 }
		/^not ok / { inside = 0 }
		END {
			print ran + 0
			exit !(good && planned > 0 && ran == planned && !bad)
		}'
}

stage_1() {
	dmesg >/tmp/log
	grep -q ' ok 1 ' /tmp/log || fail "no KUnit test ran"
	for suite in hugetlb_luo hugetlb_kho; do
		n=$(passed $suite </tmp/log) || fail "$suite: $n tests passed, not all"
		value "kunit-$suite" "$n" tests
		# Would it have been noticed?
		for change in 's/ ok 2 / not ok 2 /' 's/ ok 2 .*/& # SKIP/' \
			'/ ok 2 /d' "s/$suite/other/" 's/ok \([0-9]*\) '"$suite/not &/" \
			's/1\.\.[0-9]*$/1..0/' d; do
			if sed "$change" /tmp/log | passed $suite; then
				fail "$suite passes with $change"
			fi
		done
	done
}
