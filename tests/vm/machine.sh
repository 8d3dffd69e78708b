# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# The virtual machine: how it is started, ended, and its log judged. Sourced
# by run-case and host/run-host, whose variables it uses.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/hugepersist

# What can stand in a kernel log only when something is wrong
complaint_words='BUG:|kernel BUG at|WARNING:|Oops|general protection|Kernel panic|Bad page|bad page|Unable to handle|stack segment|double fault|INFO: task .* blocked|soft lockup|hard LOCKUP|rcu.*(stall|detected expedited)|INFO: rcu|lockdep:|Internal error:|SError|CPUs are stuck|possible (circular|recursive) locking|suspicious RCU|inconsistent lock state|held lock freed|bad unlock balance|UBSAN|KASAN|KFENCE|KCSAN|KMSAN|refcount_t:|list_(add|del) corruption|scheduling while atomic|sleeping function called|Call [Tt]race:|unreferenced object|page dumped because|segfault at|trap invalid opcode|traps:|printk messages dropped|suspected memory leaks|Cannot allocate a kmemleak_object'

# The debug kernel: what its checks need to be told, how many times the limit of
# a case is multiplied for it, and that the guest has to look for leaks. A case
# takes ten times as long there, in emulation. Without no5lvl an interrupt in
# identify_cpu(), which clears the CPU's features for a moment, makes KASAN take
# the memory for one of 4 levels and report a wild access.
debug_arguments='page_owner=on page_poison=1 slab_debug=FZ kmemleak=on no5lvl hp.debug=1'
# shellcheck disable=SC2034
debug_times=10

# kernel_complaints LOG [fail]: only what the kernel says, it begins with a
# time; a program that was writing may have left the line unfinished. Where
# allocations are made to fail, the kernel tells from where: that one trace is
# no complaint.
kernel_complaints() {
	tr -d '\r' <"$1" 2>/dev/null | grep -aoE '\[ *[0-9]+\.[0-9]+\] .*' |
		awk -v fail="${2:-}" '
			fail == "fail" && /page allocation failure: |vmalloc error: / { trace = 1; next }
			trace && /Call [Tt]race:/ { trace = 0; next }
			{ print }' |
		grep -aE "$complaint_words" || true
}

# The kinds of machine, in $arch: "x86", and for arm64 "arm64" with base pages of
# 4 KiB and "arm64-64K" with larger ones

# choose_arch KIND: sets arch, pages (the size of a base page), qemu and board
choose_arch() {
	arch=$1
	pages=4K
	qemu=qemu-system-aarch64
	board=virt,gic-version=3
	case $arch in
	x86)
		qemu=qemu-system-x86_64
		# The older machine "pc" computes the table of its interrupts in
		# ACPI's language, once for each device: a second in emulation,
		# and with KASAN the kernel gives up after 30
		board=q35
		;;
	arm64) ;;
	arm64-64K) pages=64K ;;
	*) cannot "machine '$arch': only x86, arm64 or arm64-64K" ;;
	esac
	command -v "$qemu" >/dev/null ||
		cannot "no $qemu here: apt-get install $([ "$arch" = x86 ] && echo qemu-system-x86 || echo qemu-system-arm)"
}

# choose_build: sets build, where tests/vm was built for $arch, if it is not set
choose_build() {
	local part

	if [ -z "$build" ]; then
		build=$top/build/tests/vm
		[ "$arch" = x86 ] || build=$top/build/arm64/tests/vm
	fi
	for part in layers/base.cpio layers/files.ext4 tsc-khz; do
		[ -e "$build/$part" ] ||
			cannot "$build/$part is missing: cmake -B build && cmake --build build"
	done
	build=$(realpath "$build")
}

# machine_common ACCELERATOR: what every machine has, as options of QEMU in the
# array common and words for its kernel in common_words
machine_common() {
	local khz cpu

	# Where the processor says that it is good at "rep movsb", the kernel copies
	# and clears with it, which emulation does byte by byte. The checksums of
	# pointers are slow to emulate in the way that the architecture proposes.
	case $arch/$1 in
	x86/kvm) cpu=host ;;
	x86/*) cpu=max,-erms,-fsrm ;;
	*) cpu=max,pauth-impdef=on ;;
	esac
	# -no-reboot: a kernel that resets the machine ends it; kexec does not.
	common=(-nodefaults -no-user-config -display none -no-reboot -cpu "$cpu"
		-chardev "file,id=console,path=$console,append=on" -serial chardev:console
		-device virtio-serial-pci
		-chardev "file,id=channel,path=$channel,append=on"
		-device "virtserialport,chardev=channel,name=hugepersist"
		-object "rng-random,filename=/dev/urandom,id=rng"
		-device "virtio-rng-pci,rng=rng")
	if [ -n "${plugin:-}" ]; then
		# Time goes by instructions: what is counted is the same on a busy host
		# shellcheck disable=SC2054
		common+=(-accel tcg -icount "shift=0,sleep=off")
	elif [ "$1" = tcg ]; then
		common+=(-accel "tcg,thread=multi")
	else
		common+=(-accel "$1")
	fi

	common_words="panic=-1 loglevel=7 kho=on liveupdate=on"
	if [ "$arch" != x86 ]; then
		common_words+=" console=ttyAMA0"
		# The default would be 512 MiB
		[ "$pages" = 4K ] || common_words+=" default_hugepagesz=2M"
		return
	fi
	# What the kernel measures and checks goes wrong when the host has no time
	# for it: a clock thirty times too fast, lockups that are none, a timer that
	# seems not to be connected. The first is told, the last not checked.
	khz=$("$build/tsc-khz")
	common_words+=" console=ttyS0 tsc=reliable no_timer_check${khz:+ tsc_early_khz=$khz}"
}

# machine_start ACCELERATOR KERNEL INITRD COMMAND_LINE: sets qemu_pid and port.
# The array "drives" holds NAME=FILE for each file that the machine can read.
machine_start() {
	local node each scratch=0 drive name arguments=$4 size=${memory}M
	local -a options=()
	local machine=$board

	[ "$arch" = x86 ] || machine+=,mte=$mte
	# The next kernel boots in the scratch memory. KASAN wants an eighth of
	# all memory there, and what describes each page is larger.
	case $4 in *hp.debug=1*) scratch=$((memory / 5 + 64)) ;; esac
	each=$((cpus / nodes))
	for node in $(seq 0 $((nodes - 1))); do
		options+=(-object "memory-backend-ram,id=ram$node,size=$((memory / nodes))M"
			-numa "node,nodeid=$node,memdev=ram$node,cpus=$((node * each))-$((node * each + each - 1))")
	done
	[ "$nodes" -gt 1 ] || options=()
	# Memory that the kernel adds while it boots
	if [ "$dimm" -gt 0 ]; then
		size=${memory}M,slots=1,maxmem=$((memory + dimm))M
		options+=(-object "memory-backend-ram,id=dimm,size=${dimm}M"
			-device pc-dimm,memdev=dimm)
	fi
	# A host program finds it among the files of QEMU
	if [ "$ram" = shared ]; then
		options=(-object "memory-backend-memfd,id=ram,size=${memory}M,share=on")
		machine+=,memory-backend=ram
	fi
	if [ -n "$host_program" ]; then
		port=$((20000 + RANDOM % 20000))
		# shellcheck disable=SC2054
		options+=(-netdev "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:$port-10.0.2.15:6379"
			-device virtio-net-pci,netdev=net,romfile=)
	fi
	# Writes go to the host's page cache, and to its disk when the guest
	# asks for that
	if [ -n "$disk" ]; then
		# shellcheck disable=SC2054
		options+=(-drive "file=$disk,format=raw,if=none,id=disk,cache=writeback,discard=unmap"
			-device virtio-blk-pci,drive=disk)
	fi
	# Files that the machine only reads, each a disk with the name as its
	# serial number. After the disk of the case, which is the first one
	for drive in ${drives[@]+"${drives[@]}"}; do
		name=${drive%%=*}
		# shellcheck disable=SC2054
		options+=(-drive "file=${drive#*=},format=raw,if=none,id=drive-$name,readonly=on"
			-device "virtio-blk-pci,drive=drive-$name,serial=$name")
	done
	[ -z "${plugin:-}" ] || options+=(-plugin "$plugin")
	machine_common "$1"
	# With base pages of 64 KiB each part is a multiple of 512 MiB
	if [ "$scratch_size" != default ]; then
		case $pages in
		4K) arguments="kho_scratch=16M,$((192 + scratch))M,64M $arguments" ;;
		64K) arguments="kho_scratch=512M,512M,512M $arguments" ;;
		esac
	fi
	# A memory node has a socket of its own, as the kernel expects.
	"$qemu" -machine "$machine" \
		-smp "$cpus,sockets=$nodes" -m "$size" "${options[@]}" "${common[@]}" \
		-kernel "$2" -initrd "$3" \
		-append "$common_words $arguments" \
		</dev/null >"$work/qemu.log" 2>&1 &
	qemu_pid=$!
}

machine_end() {
	kill -9 "$qemu_pid" 2>/dev/null || true
	wait "$qemu_pid" 2>/dev/null || true
	qemu_pid=
	# A machine that never started has something to say
	if [ -s "$work/qemu.log" ]; then
		sed 's/^/qemu: /' "$work/qemu.log" >&2
	fi
}

# disk_make MIB: an empty file system in a sparse file; sets disk
disk_make() {
	local mke2fs

	disk=$work/disk
	# Not in everybody's PATH
	mke2fs=$(PATH=$PATH:/usr/sbin:/sbin command -v mke2fs) ||
		cannot "no mke2fs here: apt-get install e2fsprogs"
	truncate -s "$1M" "$disk"
	"$mke2fs" -q -F -t ext4 "$disk" || cannot "mke2fs failed, see above"
}

# disk_cool: the next machine is to read from the host's disk, not its memory
disk_cool() {
	dd if=/dev/null of="$disk" conv=notrunc,fdatasync oflag=nocache status=none
}

# choose_accelerator: sets accelerator to kvm or tcg. /dev/kvm may exist and
# hang its guests, so it is believed only after a machine came up with it. The
# answer holds until the host boots again.
choose_accelerator() {
	local answer=$cache/accelerator boot host_program='' disk='' memory=512 nodes=1 cpus=1 ram=private
	local dimm=0 scratch_size=fixed
	local console=$work/kvm.console channel=$work/kvm.channel i kernel mte=off
	local -a drives=("files=$build/layers/files.ext4")

	boot=$(cat /proc/sys/kernel/random/boot_id)
	if [ "$arch" != x86 ]; then
		accelerator=tcg
		return
	fi
	if [ -n "${HP_VM_ACCEL:-}" ]; then
		accelerator=$HP_VM_ACCEL
		return
	fi
	if [ "$(cut -d ' ' -f 1 "$answer" 2>/dev/null)" = "$boot" ]; then
		accelerator=$(cut -d ' ' -f 2 "$answer")
		return
	fi
	accelerator=tcg
	if [ -w /dev/kvm ]; then
		# The kernel of the case, so that none is built just for this
		kernel=${image:-$(kernel_image patched)}
		: >"$channel"
		# In braces, because the shell too reports a QEMU that aborts
		{
			machine_start kvm "$kernel" "$build/layers/base.cpio" \
				"hugepages=0 hp.case=none hp.stage=1"
			for i in $(seq 80); do
				kill -0 "$qemu_pid" || break
				if grep -q '^stage 1 ' "$channel"; then
					accelerator=kvm
					break
				fi
				sleep 0.1
			done
			machine_end
		} 2>/dev/null
	fi
	mkdir -p "$cache"
	echo "$boot $accelerator" >"$answer.$$"
	mv "$answer.$$" "$answer"
}
