# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC1091,SC2034,SC2086,SC2154
# The cases with random updates: many in a row, files that are created,
# resized, written, dropped and preserved at random between them. The kernel's
# command line can say hp.seed=N (else a new one), hp.updates=N and
# hp.change=N, after which update one byte is changed without the case knowing.
. /lib/guest.sh

updates=$(from_cmdline hp.updates)
stages=$((${updates:-25} + 1))

stage() {
	local change small large

	mkdir -p /state
	if [ "$stage" -eq 1 ]; then
		from_cmdline hp.seed >/state/seed
		[ -s /state/seed ] ||
			od -An -N 3 -t u4 /dev/urandom | tr -d ' ' >/state/seed
		cat $pool/nr_hugepages >/state/small
		cat $pool_1g/nr_hugepages >/state/large || echo 0 >/state/large
		report "say seed $(cat /state/seed), $((stages - 1)) updates"
	fi
	change=$(from_cmdline hp.change)
	awk -v seed="$(cat /state/seed)" -v update=$((stage - 1)) \
		-v updates=$((stages - 1)) -v change="${change:--1}" \
		-v small="$(cat /state/small)" -v large="$(cat /state/large)" \
		-f /lib/random-updates.awk >/tmp/script
	# What stays behind must not hold a pipe open
	luo </tmp/script >/tmp/luo.out 2>&1 || {
		cat /tmp/luo.out
		fail "seed $(cat /state/seed), update $((stage - 1)): $(grep '^luo: line' /tmp/luo.out | head -n 1 | cut -d ' ' -f 4-)"
	}
	report "say update $((stage - 1)): $(grep -c '^luo: retrieve' /tmp/luo.out) files, $(grep -c '^luo: \(check\|zero\)' /tmp/luo.out) parts compared"
}
