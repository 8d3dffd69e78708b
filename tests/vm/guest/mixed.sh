# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC1091,SC2034,SC2154
# The cases with a service that is killed at random moments (mixed.c): the
# kernel's command line can say hp.seed=N, else there is a new one.
. /lib/guest.sh
stages=${stages:-11}

mixed_ready() {
	[ ! -e /tmp/wrong ] || fail "seed $seed, stage $stage: $(cat /tmp/wrong)"
	[ -e /tmp/ready ]
}

# wait_for, but what is wrong ends it, and 1 GiB takes its time
wait_mixed() {
	local try

	for try in $(seq 600); do
		mixed_ready && return 0
		usleep 100000
	done
	fail "seed $seed, stage $stage: waited a minute in vain for the service"
}

stage() {
	mkdir -p /state
	if [ "$stage" -eq 1 ]; then
		from_cmdline hp.seed >/state/seed
		[ -s /state/seed ] ||
			od -An -N 3 -t u4 /dev/urandom | tr -d ' ' >/state/seed
		report "say seed $(cat /state/seed), $((stages - 1)) updates"
	fi
	seed=$(cat /state/seed)
	SPOIL=$(from_cmdline hp.spoil)
	export SPOIL
	service-manager /tmp/notify mixed "$seed" "$stage" "$stages" >/tmp/mixed.out 2>&1 &
	manager=$!
	if [ "$stage" -eq "$stages" ]; then
		wait $manager || {
			cat /tmp/mixed.out
			fail "seed $seed, stage $stage: $(cat /tmp/wrong)"
		}
		expect_all_free
		expect_pool 1G 2 2 0 0
	else
		wait_mixed
		# Now and then without any process of the service at the kexec
		if [ $(((seed + stage) % 3)) -eq 0 ]; then
			rm /tmp/ready
			kill -9 "$(pidof mixed | cut -d ' ' -f 1)"
			wait_mixed
		fi
	fi
	cat /tmp/mixed.out
	report "say stage $stage: $(grep -c 'killed' /tmp/mixed.out || true) times killed, $(sed -n 's/.*life 1: //p' /tmp/mixed.out)"
}
