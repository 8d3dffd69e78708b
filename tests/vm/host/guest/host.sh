# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC2154,SC2034
# What the cases of a host can call beside guest.sh.

suite=$(cat /hp/suite 2>/dev/null || true)

verdict() {
	tail -n 30 /hp/log/* >/dev/console 2>&1 || true
	report "verdict $*"
	sync
	echo o >/proc/sysrq-trigger
	sleep 60
}

# --- how a life of the host ends ------------------------------------------------

# A case sets next_by to one of these. All but reset stop every service first.
#	kernel		systemctl kexec into the kernel that load_next loads
#	soft_reboot	systemctl soft-reboot: the kernel stays
#	boot		an orderly reboot
#	reset		the power fails
#	update		hugepersist update
# Cases may set next_args (added to the command line of the next kernel),
# next_kernel_name and next_initrd (dracut or initramfs-tools).

load_next() {
	local initrd=''

	[ -z "${next_initrd:-}" ] || initrd=--initrd=/boot/initrd.$next_initrd
	kexec -s -l "/hp/kernel/${next_kernel_name:-$(cat /hp/kernel/default)}" $initrd \
		--command-line="$(cat /proc/cmdline) ${next_args:-}"
}

# leave VERB COMMAND...: the next life is the next stage
leave() {
	local verb=$1
	shift

	echo $((stage + 1)) >/hp/stage
	sync
	report "$verb"
	"$@"
	sleep 120
	fail "the host did not go: $*"
}

next_kernel() {
	load_next
	leave kexec systemctl kexec
}

next_soft_reboot() {
	leave soft-reboot systemctl soft-reboot
}

next_boot() {
	leave "boot $((stage + 1))" systemctl reboot
}

next_reset() {
	leave "reset $((stage + 1))" true
}

# --- the services hold and keep, see hold.c and keep.c --------------------------

# hold_unit NAME [LINE]...: a unit of that name, of an unprivileged service, with
# these lines in its section [Service]. "hold=WORDS" and "keep=WORDS" say which of
# the two programs it runs, and its arguments. A unit that systemd knows already
# needs a daemon-reload after that. keep-next is keep with a later library.
hold_unit() {
	local name=$1 command=hold line
	shift

	for line; do
		case $line in hold=* | keep=* | keep-next=*) command="${line%%=*} ${line#*=}" ;; esac
	done
	{
		cat <<-END
			[Install]
			WantedBy=multi-user.target
			[Service]
			Type=notify
			NotifyAccess=main
			DynamicUser=yes
			ExecStart=/hp/bin/$command
			StandardOutput=append:/hp/log/$name
			StandardError=append:/hp/log/$name
			FileDescriptorStoreMax=4
		END
		for line; do
			case $line in hold=* | keep=* | keep-next=*) ;; *) echo "$line" ;; esac
		done
	} >"/etc/systemd/system/$name.service"
}

# says NAME WORDS: the last line that the service printed
says() {
	local have

	have=$(tail -n 1 "/hp/log/$1" 2>/dev/null || true)
	[ "$have" = "$2" ] || fail "$1: expected '$2', says '$have'"
}

# came_up WORDS NAME...: each of these services printed that last
came_up() {
	local words=$1 name
	shift

	for name; do
		says "$name" "$words"
	done
}

# hold_units: a unit for each value of FileDescriptorStorePreserve=, by its name,
# and one that is enabled
hold_units() {
	hold_unit yes FileDescriptorStorePreserve=yes
	hold_unit yes-enabled FileDescriptorStorePreserve=yes
	hold_unit restart FileDescriptorStorePreserve=restart
	hold_unit no FileDescriptorStorePreserve=no
	hold_unit on-success FileDescriptorStorePreserve=on-success
	systemctl enable yes-enabled
	units="yes yes-enabled restart no on-success"
}

# stored NAME NUMBER: so many descriptors are in the unit's store
stored() {
	local have

	have=$(systemctl show -P NFileDescriptorStore "$1.service")
	[ "$have" = "$2" ] || fail "the store of $1 has $have descriptors, expected $2"
}

# stored_is NAME NUMBER: for wait_for
stored_is() {
	[ "$(systemctl show -P NFileDescriptorStore "$1.service")" = "$2" ]
}

# again NAME [STATE]: the service writes once more, and every file has this lock
again() {
	local before

	before=$(wc -l <"/hp/log/$1")
	systemctl kill --signal=USR1 --kill-who=main "$1.service"
	wait_for more_lines "$1" "$before"
	[ -z "${2:-}" ] || case $(tail -n 1 "/hp/log/$1") in
	"wrote "*" $2") ;;
	*) fail "$1: expected the lock to be $2, says '$(tail -n 1 "/hp/log/$1")'" ;;
	esac
}

# kexec_answer: what keep says about a kexec on this host
kexec_answer() {
	case $suite in bookworm) echo kexec-no ;; *) echo kexec-unknown ;; esac
}

# keep_says NAME WORDS: the same for keep, but for the answer about the kexec
keep_says() {
	says "$1" "$2 $(kexec_answer)"
}

more_lines() {
	[ "$(wc -l <"/hp/log/$1")" -gt "$2" ]
}

# killed NAME: SIGKILL, and systemd has seen it
killed() {
	systemctl kill --signal=KILL "$1.service"
	wait_for sh -c "! systemctl is-active -q $1.service"
	systemctl reset-failed "$1.service"
}

# --- a root process that lives on to the kexec ------------------------------------

# keeper COMMAND [LINE]...: a service of root that holds a session of LUO itself,
# that no unit conflicts with, and that has these lines in its section [Unit]
keeper() {
	local command=$1
	shift

	if [ "$stage" = 1 ]; then
		printf '%s\n' 'memfd f 2M 8M' 'fill f 31'
	else
		printf '%s\n' 'incoming s' 'retrieve s f 1' 'check f 31' 'finish s' 'close s'
	fi >/hp/script
	printf '%s\n' 'create s' 'preserve s f 1' 'hold' >>/hp/script
	{
		printf '%s\n' '[Unit]' 'DefaultDependencies=no' "$@"
		cat <<-END
			[Service]
			Type=forking
			ExecStart=$command
			StandardInput=file:/hp/script
			StandardOutput=append:/hp/log/keeper
			StandardError=append:/hp/log/keeper
			KillMode=none
			SendSIGKILL=no
		END
	} >/etc/systemd/system/keeper.service
	systemctl start keeper
	expect_pool 64 60 0 0
}

# --- the program of the operator ------------------------------------------------

# The packages that the case names, as a user would install them
install_packages() {
	DEBIAN_FRONTEND=noninteractive terminal dpkg -i /hp/deb/*hugepersist*.deb
	[ "$status" = 0 ] || fail "the packages cannot be installed"
}

install_program() {
	install_packages
	ln -sf /hp/kernel/patched /boot/vmlinuz
	systemctl daemon-reload
}

# terminal COMMAND...: as somebody at the console would see it; its status is in
# $status, and what it said in /hp/log/said
terminal() {
	local -
	set +x

	status=0
	echo "| # $*" >/dev/console
	"$@" >/hp/log/said 2>&1 || status=$?
	sed 's/^/| /' /hp/log/said >/dev/console
	[ "$status" = 0 ] || echo "| (exit status $status)" >/dev/console
}

# answers STATUS WORDS COMMAND...: it ends so, and says that
answers() {
	local wanted=$1 words=$2
	shift 2

	terminal hugepersist "$@"
	[ "$status" = "$wanted" ] ||
		fail "hugepersist $*: status $status, expected $wanted"
	grep -qE -- "$words" /hp/log/said || fail "hugepersist $*: does not say '$words'"
}

# An unmodified program: prints the first bytes of a file, and changes them
make_program() {
	cat >/hp/bin/program <<-'END'
		#!/bin/sh
		first=$(head -c 5 "$1" | tr -d '\0')
		echo "${first:-zeros} $$"
		printf hello | dd of="$1" conv=notrunc status=none
		exec sleep 1000
	END
	chmod +x /hp/bin/program
}

# run_unit NAME [LINE]...: an unprivileged service on memory of hugepersist run
run_unit() {
	local name=$1 line
	shift

	{
		cat <<-END
			[Install]
			WantedBy=multi-user.target
			[Service]
			Type=exec
			DynamicUser=yes
			StateDirectory=$name
			StandardOutput=append:/hp/log/$name
			StandardError=append:/hp/log/$name
			ExecStart=/usr/bin/hugepersist run cache --region pool=4M --region notes=2M,shmem --if-new "echo new" -- /hp/bin/program @notes@
		END
		for line; do
			echo "$line"
		done
	} >"/etc/systemd/system/$name.service"
}

# start_cache: the program, and a unit of that name whose store has its memory
start_cache() {
	install_program
	make_program
	run_unit cache FileDescriptorStoreMax=3 FileDescriptorStorePreserve=yes
	systemctl daemon-reload
	systemctl enable --now cache
	wait_for said cache zeros
	wait_for stored_is cache 3
}

# holder_unit NAME ARGUMENTS [LINE]...: a unit of root in which "hugepersist run" is the
# holder and lives on to the kexec, as the man page says
holder_unit() {
	local name=$1 arguments=$2 line
	shift 2

	{
		cat <<-END
			[Unit]
			DefaultDependencies=no
			SurviveFinalKillSignal=yes
			[Install]
			WantedBy=multi-user.target
			[Service]
			Type=exec
			ExecStart=/usr/bin/hugepersist run $arguments
			ExecStop=-/bin/sh -c 'kill -TERM \$MAINPID && exec tail --pid=\$MAINPID -f /dev/null'
			StandardOutput=append:/hp/log/$name
			StandardError=append:/hp/log/$name
			KillMode=none
			SendSIGKILL=no
		END
		for line; do
			echo "$line"
		done
	} >"/etc/systemd/system/$name.service"
}

# alone_unit NAME [LINE]...: such a unit without a store, for the same program
alone_unit() {
	local name=$1
	shift

	holder_unit "$name" 'cache --region pool=4M --region notes=2M,shmem --user nobody --if-new "echo new" -- /hp/bin/program @notes@' "$@"
}

# said UNIT WORD: its last line begins so
said() {
	[ "$(tail -n 1 "/hp/log/$1" | sed 's/ .*//')" = "$2" ]
}

has_ended() {
	! systemctl is-active -q "$1"
}

# What no refusal may change: files, loaded kernels, pools, held memory, sessions
host_state() {
	find /etc /run /var -xdev -type f ! -path '*/journal/*' \
		-printf '%p %s %i %T@\n' 2>/dev/null | sort
	cat /sys/kernel/kexec_loaded
	grep -H . /sys/kernel/mm/hugepages/*/*_hugepages
	find /proc/[0-9]*/fd -printf '%p %l\n' 2>/dev/null | grep -F '[luo_session]' | sort
	find -L /proc/1/fd $(pidof hugepersist | sed 's|[0-9]*|/proc/&/fd|g') \
		-type f -size +0 -printf '%i %s %b\n' 2>/dev/null | sort
}

# refuses STATUS WORDS ARGUMENT...: hugepersist update refuses with that, and
# nothing is as it was not
refuses() {
	host_state >/hp/log/before
	answers "$@"
	host_state >/hp/log/after
	cmp /hp/log/before /hp/log/after || {
		diff /hp/log/before /hp/log/after >/dev/console
		fail "a refusal changed something: $*"
	}
}

# refuses_update STATUS WORDS ARGUMENT...: the same of an update that asks nothing
refuses_update() {
	local wanted=$1 words=$2
	shift 2
	refuses "$wanted" "$words" update "$@" --yes
}

# into the patched kernel, by the program
line="$(cat /proc/cmdline) hugetlb_preserve=on"
image=/boot/vmlinuz

next_update() {
	sync
	echo $((stage + 1)) >/hp/stage
	report kexec
	terminal hugepersist update $image --append="$line" ${next_initrd:+--initrd=/boot/initrd.$next_initrd} --yes
	[ "$status" = 0 ] || fail "the update was refused"
	sleep 120
	fail "the host did not go"
}
