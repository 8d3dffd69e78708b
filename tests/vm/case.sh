# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# A case: its file, the words that its machine says, and what came of it. Sourced
# by run-case and host/run-host, whose variables it uses.

cannot() {
	echo "${0##*/}: $*" >&2
	exit 4
}

# kernel_options NAME: sets options, with which tools/kernel gives the kernel of
# the machine $arch, and kernel_note, where vm.prepare notes its path
kernel_options() {
	options=()
	kernel_note=$build/kernel.$1
	if [ "$arch" != x86 ]; then
		options=(--arch arm64 --pages "$pages")
		[ "$1" != patched ] || kernel_note=$build/kernel.pages-$pages
	fi
	case $arch/$1 in
	*/patched) ;;
	x86/stock | x86/debug) options+=("--$1") ;;
	arm64*/pages-*K) options=(--arch arm64 --pages "${1#pages-}") ;;
	x86/*) cannot "kernel '$1': only patched, stock or debug" ;;
	*) cannot "kernel '$1': only patched, pages-4K or pages-64K on $arch" ;;
	esac
}

# kernel_image NAME: patched, stock or debug; of arm64 patched, pages-4K or pages-64K
kernel_image() {
	local path kernel_note
	local -a options

	kernel_options "$1"
	if [ -n "$prepared" ]; then
		path=$(cat "$kernel_note" 2>/dev/null) ||
			cannot "no $kernel_note: run tests/vm/prepare $build ${kernel_note##*kernel.} first"
	else
		path=$("$top/tools/kernel" ${options[@]+"${options[@]}"}) || cannot "no $1 kernel, see above"
	fi
	[ -r "$path" ] || cannot "the kernel $path is gone: run tests/vm/prepare $build ${kernel_note##*kernel.}, or leave --prepared out"
	echo "$path"
}

# find_case DIR: sets case_file and case_name, from $case_arg
find_case() {
	[ -n "$case_arg" ] || { usage >&2; cannot "no case given"; }
	case_file=$case_arg
	[ -f "$case_file" ] || case_file=$1/${case_arg%.sh}.sh
	[ -f "$case_file" ] || cannot "no case $case_arg; there are: $(cd "$1" && echo *.sh)"
	case_name=${case_file##*/}
	case_name=${case_name%.sh}
}

# header KEY DEFAULT: from the comment lines at the top of the case
header() {
	local line value

	value=${override[$1]:-}
	while [ -z "$value" ] && read -r line; do
		case $line in
		"# $1: "*) value=${line#*: } ;;
		'#'*) ;;
		*) break ;;
		esac
	done <"$case_file"
	echo "${value:-$2}"
}

# is_for "KIND...": the case is for these kinds of machine, and $arch is one of them
is_for() {
	[[ " $1 " == *" $arch "* ]] || cannot "$case_file is for these machines only: $1"
}

# While it waits for the machine, the harness starts no process of its own: two
# cases share two processors with their machines.
exec {never}<> <(:)
pause() {
	read -rt "$1" -u "$never" || true
}

# elapsed: sets elapsed_ms
elapsed() {
	elapsed_ms=$((${EPOCHREALTIME//[!0-9]/} / 1000 - start))
}

# listen: the whole lines that the machine has said, in the array said
listen() {
	mapfile said <"$channel"
	lines=${#said[@]}
	if [ "$lines" -gt 0 ] && [[ ${said[-1]} != *$'\n' ]]; then
		unset 'said[-1]'
		lines=$((lines - 1))
	fi
	said=("${said[@]%$'\n'}")
}

# last_words: what the machine still says belongs to the log
last_words() {
	local _

	for _ in {1..75}; do
		if [ -z "$verdict" ] || ! kill -0 "$qemu_pid" 2>/dev/null; then
			break
		fi
		pause 0.02
	done
}

# conclude KERNELS NAME COMMAND: judge, say so, and exit. The console shows so many
# kernels; the command runs this case alone.
conclude() {
	local missing complaints outcome status words seconds wanted_words

	missing=$(sed -n 's/^# console: //p' "$case_file" | while read -r words; do
		grep -qaF -- "$words" "$console" || echo "$words"
	done)
	complaints=$(kernel_complaints "$console" "$(header allocations '')")
	if [ -n "$complaints" ]; then
		outcome=complaint status=3
		words="the kernel complained: $(printf '%s\n' "$complaints" | head -n 1)"
	elif [ -n "$lost" ]; then
		outcome=lost status=2 words=$lost
	elif [ "$1" -ne "$(grep -ac '\] Linux version ' "$console")" ]; then
		# Then the log cannot be judged either
		outcome=lost status=2 words="the console log does not show every kernel that ran"
	elif [ "${host_status:-0}" -ne 0 ]; then
		outcome=failed status=1 words="the host's part ended with status $host_status: $(tail -n 1 "$work/host.log")"
	elif [ "${verdict%% *}" -ne 0 ]; then
		outcome=failed status=1
		words=$(sed -n 's/^failed: //p' "$channel" | tail -n 1)
		words=${words:-${verdict#* }}
	elif [ -n "$missing" ]; then
		outcome=failed status=1 words="the console does not say \"$missing\""
	else
		outcome=passed status=0 words=$(header shows "")
	fi
	seconds=$((took / 1000)).$((took % 1000 / 100))
	wanted_words=$(header words '')
	if [ "$outcome" = "$expect" ] && { [ "$expect" = passed ] || [[ $words == *"$wanted_words"* ]]; }; then
		if [ "$expect" = passed ]; then
			echo "PASS $2 in $seconds s: $words"
			# The last line of each name
			sed -n 's/^count //p' "$channel" | awk '
				!($1 in last) { names[++n] = $1 }
				{ last[$1] = $0 }
				END { for (i = 1; i <= n; i++) print "    " last[names[i]] }'
		else
			echo "PASS $2 in $seconds s: $outcome, as it should ($words)"
		fi
		[ -z "${HP_VM_KEEP:-}" ] && rm -f "$console"
		exit 0
	fi
	{
		if [ "$expect" != passed ]; then
			echo "FAIL $2: expected '$expect${wanted_words:+, $wanted_words}', came '$outcome': $words"
			[ $status -ne 0 ] || status=1
		else
			case $outcome in
			failed) echo "FAIL $2 after $seconds s: $words" ;;
			lost) echo "LOST $2 after $seconds s: $words" ;;
			complaint) echo "COMPLAINT $2 after $seconds s: $words" ;;
			esac
		fi
		if [ -s "$work/host.log" ]; then
			echo "---- the host's part"
			tail -n 15 "$work/host.log"
		fi
		if [ "$outcome" = complaint ]; then
			echo "---- all complaints"
			printf '%s\n' "$complaints" | head -n 15
		fi
		echo "---- the end of $console"
		tr -d '\r' <"$console" | tail -n 40
		echo "----"
		echo "Console log: $console"
		echo "Run it alone: $3"
	} >&2
	exit $status
}
