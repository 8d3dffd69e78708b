# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Run the kernel's own tests and report each result to the host.

# A character that no test name has stands between the fields
result() {
	report "value $1|$2|$3"
}

# ksft NAME PROGRAM ARGUMENT...: runs it in its folder, which is the part of
# NAME before the slash. Results: one for each TAP line, and how it ended.
# A NAME with a second word tells apart two runs of one program.
ksft() {
	local name=$1 status=0 from
	shift

	set +x
	echo "---- $name: $*"
	from=$(date +%s)
	(cd "/kselftest/${name%%/*}" && timeout -s KILL "${ksft_time:-200}" "$@") \
		>/tmp/ksft.out 2>&1 || status=$?
	cat /tmp/ksft.out
	echo "---- $name: status $status after $(($(date +%s) - from)) s"
	awk -v name="$name" '
		# What differs from run to run says nothing
		function tidy(text) {
			gsub(/0x[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]+/, "0x..", text)
			# pagemap_ioctl counts what two threads did
			gsub(/(Extra pages|extra thread faults) [0-9]+( \([0-9.]+%\))?/, "..", text)
			gsub(/[|\r]/, " ", text)
			sub(/ +$/, "", text)
			return text
		}
		function say(result, text) {
			text = tidy(text)
			if (seen[text]++)	# the same name again
				text = text " (" seen[text] ")"
			print "value " name "|" result "|" text
		}
		/^(not )?ok [0-9]+/ {
			result = $1 == "ok" ? "pass" : "fail"
			line = $0
			sub(/^(not )?ok [0-9]+ *(- )?/, "", line)
			if (line ~ /# *(SKIP|skip)/)
				result = "skip"
			if (sub(/^# XFAIL */, "", line) || line ~ /# XFAIL/)
				result = "xfail"
			say(result, line)
		}' /tmp/ksft.out >/tmp/ksft.tap
	while read -r line; do
		report "$line"
	done </tmp/ksft.tap
	case $status in
	0) result "$name" pass "as a whole" ;;
	4) result "$name" skip "as a whole" ;;
	137) result "$name" "killed" "as a whole" ;;
	*) result "$name" "fail $status" "as a whole" ;;
	esac
	rm -f /tmp/ksft.out /tmp/ksft.tap
	set -x
}

# said NAME WORDS: one result for whether the kernel's log has these words
said() {
	if dmesg | grep -q -F -- "$2"; then
		result "$1" pass "$2"
	else
		result "$1" fail "$2"
	fi
}
