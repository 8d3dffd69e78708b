# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC2154,SC2034
# What cases can call. Read by every shell in the machine.
#
# To start a program takes some 10 ms in emulation, and so does a line on the
# console. What every case does many times reads files with "read", and is not
# traced ("local -" gives back the options of the shell): it says by itself what
# is wrong.

# from_cmdline NAME: the value of the last NAME=VALUE there
from_cmdline() {
	local - line value
	set +x

	read -r line </proc/cmdline
	value=" $line"
	value=${value##* "$1"=}
	[ "$value" = " $line" ] || echo "${value%% *}"
}

# drive NAME: the device of one of the files that the harness lets us read
drive() {
	local - disk serial
	set +x

	for disk in /sys/block/vd*; do
		read -r serial <"$disk/serial" || true	# it ends without a newline
		if [ "$serial" = "$1" ]; then
			echo "/dev/${disk##*/}"
			return
		fi
	done
	fail "no drive $1"
}

# --- the side channel -------------------------------------------------------

find_report_port() {
	local port try name

	for try in 1 2 3 4 5 6 7 8 9 10; do
		for port in /sys/class/virtio-ports/*; do
			name=''
			[ ! -e "$port/name" ] || read -r name <"$port/name"
			if [ "$name" = hugepersist ]; then
				REPORT=/dev/${port##*/}
				export REPORT
				return
			fi
		done
		sleep 0.1
	done
	echo "no virtio port for the verdict: this machine will count as lost"
}

report() {
	echo "$*" >&2
	echo "$*" >"$REPORT"
}

# value NAME NUMBER UNIT: a measured number, for the host's tables
value() {
	report "value $*"
}

# verdict STATUS WORDS: ends the case and the machine
verdict() {
	report "verdict $*"
	sync
	poweroff -f
	sleep 60
}

fail() {
	report "failed: $*"
	exit 1
}

# --- leaks ------------------------------------------------------------------

kmemleak=/sys/kernel/debug/kmemleak

# expect_no_leak: on a debug kernel, no memory that nothing points to. It is
# taken for lost when it is five seconds old and did not change between scans.
# Those seconds pass while the first one runs, which takes about eight.
expect_no_leak() {
	[ "$(from_cmdline hp.debug)" = 1 ] || return 0
	[ -w $kmemleak ] || fail "no $kmemleak: this is no debug kernel, or it gave up looking for leaks"
	sleep 5.2 &
	echo scan >>$kmemleak
	wait $!
	echo scan >>$kmemleak
	# Where the harness sees it, with the stack that allocated it
	sed 's/^/<3>/' <$kmemleak >/tmp/leaks
	while read -r line; do
		echo "$line" >/dev/kmsg
	done </tmp/leaks
	[ ! -s /tmp/leaks ] || fail "$(grep -c 'unreferenced object' /tmp/leaks) leaks, see the log"
}

# --- failing on demand --------------------------------------------------------

# faults_on: from now on luo's command "faults" can fail everything: also what
# may wait, high memory, and single pages. The log stays without the traces.
faults_on() {
	local debug=/sys/kernel/debug knob

	[ -d $debug/failslab ] || fail "no fault injection in this kernel: the case needs \"kernel: debug\""
	for knob in failslab fail_page_alloc fail_usercopy; do
		echo 0 >$debug/$knob/verbose
	done
	echo N >$debug/failslab/ignore-gfp-wait
	echo N >$debug/fail_page_alloc/ignore-gfp-wait
	echo N >$debug/fail_page_alloc/ignore-gfp-highmem
	echo 0 >$debug/fail_page_alloc/min-order
}

# many_sessions COUNT SIZE...: the lines for luo that preserve a file of 2 MiB
# pages for each SIZE in each of the sessions s1 to sCOUNT; the tokens count
# from 1, and the content is that of the number of the session
many_sessions() {
	local i size token count=$1
	shift

	for i in $(seq "$count"); do
		echo "create s$i"
		token=0
		for size; do
			token=$((token + 1))
			printf '%s\n' "memfd f 2M $size" "fill f $i" \
				"preserve s$i f $token" "close f"
		done
	done
}

# --- what most cases begin with -----------------------------------------------

# keep_file SIZE PATTERN: a file of 2 MiB pages filled with this pattern, preserved
# in the session s with token 1, and held until the kernel is gone
keep_file() {
	luo <<-END
		memfd f 2M $1
		fill f $2
		create s
		preserve s f 1
		hold
	END
}

# What the cases word-on-pools-* are: the word of the old kernel on its pools is
# damaged by the host, at the line "host", and the next kernel ignores the word.
# The pool has ten pages in both kernels.
keep_file_and_damage_word() {
	luo <<-'END'
		memfd f 2M 16M
		fill f 1
		create s
		preserve s f 1
		host
		hold
	END
}

# The preserved pages come back in addition to the pool
expect_word_ignored() {
	dmesg | grep -q 'HugeTLB: KHO: the pools of the previous kernel are not in the format' ||
		fail "nothing in the log: $(dmesg | grep HugeTLB)"
	expect_pool 10 10 0 0
	luo <<-'END'
		incoming s
		retrieve s f 1
		check f 1
		finish s
		sh expect_pool 18 10 0 0
	END
	expect_pool 18 18 0 0
}

# --- going to the next kernel -----------------------------------------------

# Cases may set: next_hugepages (the pool the next kernel is told to make: what
# hugepages= takes), next_hugepages_1g (the same for a case with
# "args: hugepagesz=1G hugepages=N"),
# next_args (added to its command line), next_kernel_name (patched or stock).
# What is in /state arrives in the next kernel's /state.
load_next() {
	local cmdline kernel

	# The call wants files
	kernel=${next_kernel_name:-$(from_cmdline hp.kernel)}
	cat "$(drive "$kernel")" >/tmp/kernel
	cmdline=$(sed "s/hp\.stage=[0-9]*/hp.stage=$((stage + 1))/" /proc/cmdline)
	if [ -n "${next_hugepages:-}" ]; then
		cmdline=$(echo "$cmdline" | sed "s/hugepages=[^ ]*/hugepages=$next_hugepages/")
	fi
	if [ -n "${next_hugepages_1g:-}" ]; then
		cmdline=$(echo "$cmdline" | sed "s/hugepagesz=1G hugepages=[^ ]*/hugepagesz=1G hugepages=$next_hugepages_1g/")
	fi
	(cd / && find state | cpio -o -H newc 2>/dev/null) >/tmp/state
	cat "$(drive initrd)" /tmp/state >/tmp/initrd
	kexec-file -l /tmp/kernel /tmp/initrd "$cmdline ${next_args:-}"
	rm -f /tmp/kernel /tmp/initrd /tmp/state
}

next_kernel() {
	load_next
	report "kexec"
	kexec-file -e
	fail "the kernel did not kexec"
}

# --- a full reboot ------------------------------------------------------------

# A case goes to its next stage by one if it sets next_by: "boot" for an orderly
# one, "reset" for one without a word to anybody, as when the power fails. The
# machine ends and a new one starts; what is on the disk is left (header "disk:
# MIB" of the case), with an empty file system on it at first.

mount_disk() {
	mkdir -p /disk
	mount -t ext4 /dev/vda /disk
}

next_boot() {
	report "boot $((stage + 1))"
	! mountpoint -q /disk || umount /disk || fail "something still uses the disk"
	sync
	poweroff -f
	sleep 60
	fail "the machine did not power off"
}

next_reset() {
	report "boot $((stage + 1))"
	echo b >/proc/sysrq-trigger
	sleep 60
	fail "the machine did not reset"
}

# swap_on: the disk of the case ("# disk: MIB") is where memory is swapped out to
swap_on() {
	mkswap /dev/vda
	swapon /dev/vda
}

# --- huge page counters -----------------------------------------------------

pool=/sys/kernel/mm/hugepages/hugepages-2048kB
pool_1g=/sys/kernel/mm/hugepages/hugepages-1048576kB

# kib SIZE: of a huge page of 64K, 2M, 1G or another size
kib() {
	case $1 in
	*K) echo "${1%K}" ;;
	*M) echo $((${1%M} * 1024)) ;;
	*G) echo $((${1%G} * 1048576)) ;;
	*) fail "page size $1: as 64K, 2M or 1G" ;;
	esac
}

# page_sizes MAX: of the machine's huge pages, up to this size
page_sizes() {
	local kib

	for kib in $(echo /sys/kernel/mm/hugepages/* | tr -cd '0-9 ' | tr ' ' '\n' | sort -n); do
		[ "$kib" -le "$(kib "$1")" ] || break
		case $kib in
		?|??|???) echo "${kib}K" ;;
		????|?????|??????) echo "$((kib / 1024))M" ;;
		*) echo "$((kib / 1048576))G" ;;
		esac
	done
}

# make_pages SIZE PAGES [NODE]: a pool, at run time. What is in use there has to
# move, and may be busy for a moment.
make_pages() {
	local file try

	file=hugepages-$(kib "$1")kB/nr_hugepages
	if [ -z "${3:-}" ]; then
		file=/sys/kernel/mm/hugepages/$file
	else
		file=/sys/devices/system/node/node$3/hugepages/$file
	fi
	for try in 1 2 3 4 5 6 7 8 9 10; do
		echo "$2" >"$file"
		[ "$(cat "$file")" -lt "$2" ] || return 0
		sleep 0.2
	done
	fail "no more than $(cat "$file") pages of $1, expected $2"
}

make_1g() {
	make_pages 1G "$@"
}

# numbers DIR FILE...: sets have to what the files hold, in a line
numbers() {
	local dir=$1 file number
	shift

	have=''
	for file; do
		number=''
		read -r number <"$dir/$file" || fail "no $dir/$file"
		have="$have $number"
	done
	have=${have# }
}

# sum_nodes KIB FILE: sets sum to what the nodes have together
sum_nodes() {
	local file number

	sum=0
	for file in /sys/devices/system/node/node*/hugepages/"hugepages-$1kB/$2"; do
		read -r number <"$file"
		sum=$((sum + number))
	done
}

# expect_pool [SIZE] TOTAL FREE RESERVED SURPLUS: sysfs, every node and, for
# the default size, /proc/meminfo agree on the pool of this size (2M)
expect_pool() {
	local - size=2M kib dir have sum nodes file
	set +x

	case $1 in *[KMG]) size=$1; shift ;; esac
	kib=$(kib "$size")
	dir=/sys/kernel/mm/hugepages/hugepages-${kib}kB
	numbers "$dir" nr_hugepages free_hugepages resv_hugepages surplus_hugepages
	[ "$have" = "$1 $2 $3 $4" ] ||
		fail "$size pool (total free reserved surplus): expected $1 $2 $3 $4, sysfs says $have"
	# The size first, then the pool of this size
	have=$(awk '/^HugePages_/ { s = s " " $2 } /^Hugepagesize:/ { print $2 s }' /proc/meminfo)
	if [ "${have%% *}" = "$kib" ]; then
		have=${have#* }
		[ "$have" = "$1 $2 $3 $4" ] ||
			fail "$size pool (total free reserved surplus): expected $1 $2 $3 $4, /proc/meminfo says $have"
	fi
	nodes=''
	for file in nr_hugepages free_hugepages surplus_hugepages; do
		sum_nodes "$kib" $file
		nodes="$nodes $sum"
	done
	[ "$nodes" = " $1 $2 $4" ] ||
		fail "$size pool (total free surplus): expected $1 $2 $4, the nodes add up to$nodes"
}

# expect_all_free: nothing uses the 2 MiB pool, however large it is
expect_all_free() {
	local have

	numbers $pool nr_hugepages
	expect_pool "$have" "$have" 0 0
}

# expect_node NODE [SIZE] TOTAL FREE SURPLUS: one node's part of a pool (2M)
expect_node() {
	local - node=$1 size=2M dir have
	set +x
	shift

	case $1 in *[KMG]) size=$1; shift ;; esac
	dir=/sys/devices/system/node/node$node/hugepages/hugepages-$(kib "$size")kB
	numbers "$dir" nr_hugepages free_hugepages surplus_hugepages
	[ "$have" = "$1 $2 $3" ] ||
		fail "$size pool of node $node (total free surplus): expected $1 $2 $3, found $have"
}

# expect_cgroup [SIZE] NAME USED RESERVED: pages of this size (2M) charged to
# a cgroup
expect_cgroup() {
	local - name=2M bytes have
	set +x

	case $1 in *[0-9][KMG]) name=$1; shift ;; esac
	bytes=$(($(kib "$name") * 1024))
	name=${name}B
	numbers "/cgroup/$1" "hugetlb.$name.current" "hugetlb.$name.rsvd.current"
	have="$((${have% *} / bytes)) $((${have#* } / bytes))"
	[ "$have" = "$2 $3" ] ||
		fail "cgroup $1 ($name pages used, reserved): expected $2 $3, found $have"
}

# in_cgroup NAME COMMAND...: run with its pages charged there
in_cgroup() {
	mkdir -p "/cgroup/$1"
	sh -c 'echo $$ >"/cgroup/$0/cgroup.procs"; exec "$@"' "$@"
}

# --- the doctor ---------------------------------------------------------------

# probe STATUS [OPTION]...: it ends with this status; its table is /tmp/probe
probe() {
	local want=$1 status=0
	shift

	hugepersist doctor "$@" >/tmp/probe || status=$?
	[ "$status" -eq "$want" ] ||
		fail "hugepersist doctor $*: expected status $want, came $status: $(tail -n 1 /tmp/probe)"
}

# probe_says ANSWER ID [REASON]: in that table
probe_says() {
	local have

	have=$(sed -n "s/^\(yes\|no\|unknown\)  *$2\$/\1/p" /tmp/probe)
	[ "$have" = "$1" ] || fail "hugepersist doctor on $2: expected $1, says $have: $(grep -A 12 " $2\$" /tmp/probe | tr -s ' \n' ' ')"
	[ $# -lt 3 ] || sed -n "/ $2\$/,/^[a-z]/p" /tmp/probe | tr -s ' \n' ' ' | grep -qF "$3" ||
		fail "hugepersist doctor on $2: does not say '$3': $(grep -A 12 " $2\$" /tmp/probe | tr -s ' \n' ' ')"
}

# --- single pages -----------------------------------------------------------

corrupt_pfn=/sys/kernel/debug/hwpoison/corrupt-pfn

# base_kib: of a base page
base_kib() {
	sed -n '/^KernelPageSize:/{s/[^0-9]//g;p;q}' /proc/self/smaps
}

# frame FILE PAGE: the number of the frame with this 4 KiB page of luo's mapping of
# a file, which has to be there: of memfd:NAME
frame() {
	local address entry

	address=$(sed -n "s|^\([0-9a-f]*\)-.* /$1 .*|\1|p" "/proc/$PPID/maps" | head -n 1)
	address=$(((0x$address + $2 * 4096) / 1024 / $(base_kib)))
	entry=$(dd if="/proc/$PPID/pagemap" bs=8 count=1 skip=$address 2>/dev/null |
		od -A n -t x8 | tr -d ' ')
	[ $((0x$entry >> 63 & 1)) = 1 ] || fail "page $2 of $1 is not mapped"
	echo $((0x$entry & 0x7fffffffffffff))
}

# poison FILE PAGE: as if the memory controller had found it broken. A page that
# somebody else has pinned is poisoned all the same, and the kernel says EBUSY.
poison() {
	[ -w $corrupt_pfn ] || fail "no $corrupt_pfn in this kernel"
	frame "$1" "$2" >$corrupt_pfn || true
}

# expect_corrupted FRAMES: are known to be broken
expect_corrupted() {
	grep -q "^HardwareCorrupted: *$(($1 * $(base_kib))) kB" /proc/meminfo ||
		fail "expected $1 broken frames, $(grep HardwareCorrupted /proc/meminfo)"
}

# --- processes --------------------------------------------------------------

# The process that "luo ... hold" left behind, and everything it held
drop_held() {
	killall luo-hold 2>/dev/null || fail "nothing is held"
	wait_gone luo-hold
}

wait_gone() {
	local try

	for try in $(seq 100); do
		pidof "$1" >/dev/null || return 0
		usleep 50000
	done
	fail "$1 does not end"
}

# wait_for COMMAND...: until it succeeds, ten seconds at most
wait_for() {
	local try

	for try in $(seq 200); do
		"$@" >/dev/null 2>&1 && return 0
		usleep 50000
	done
	fail "waited ten seconds in vain for: $*"
}

# --- the key-value store ----------------------------------------------------

# kv_start OPTION...: in the background, answering, however long it takes to zero
# and preserve its pages
kv_start() {
	hp-kv "$@" &
	kv_pid=$!
	until redis_says PONG ping >/dev/null 2>&1; do
		[ -e "/proc/$kv_pid/exe" ] || fail "hp-kv ended before it answered"
		usleep 50000
	done
}

# kv_kill: SIGKILL, and gone
kv_kill() {
	kill -9 "$kv_pid"
	wait "$kv_pid" || true
}

# redis_says EXPECTED [-p PORT] COMMAND...: what a server answers. With a client
# of ours, because redis-cli takes ten times as long to start.
redis_says() {
	local expected=$1 port=6379 said
	shift

	[ "$1" != -p ] || {
		port=$2
		shift 2
	}
	said=$(kv-say "$port" "$@")
	[ "$said" = "$expected" ] || {
		echo "$*: expected '$expected', said '$said'"
		return 1
	}
}

# kv_info FIELD VALUE: in what INFO says on where the data is
kv_info() {
	local said

	said=$(redis-cli info persistence | tr -d '\r' | sed -n "s/^$1://p")
	[ "$said" = "$2" ] || fail "INFO: $1: expected '$2', says '$said'"
}

# kv_records FIRST LAST: a SET each, with a value that can be told from others
kv_records() {
	awk -v from="$1" -v to="$2" 'BEGIN {
		while (length(fill) < 300) fill = fill "0123456789abcdef"
		for (i = from; i <= to; i++)
			printf "SET key:%d value:%d:%s\r\n", i, i * 7919, substr(fill, 1, i % 300)
	}'
}
