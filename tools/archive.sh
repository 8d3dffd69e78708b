# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# Debian's archive through package lists of our own: the machine's own lists
# stay as they are. Sourced by bash, after common.sh.

# Every Debian mirror that this machine's apt uses, in its order. apt reads
# sources.list and the .sources files alike.
debian_mirrors() {
	# shellcheck disable=SC2016
	apt-get indextargets --no-release-info \
		--format '$(CREATED_BY) $(COMPONENT) $(RELEASE) $(REPO_URI)' |
		awk '$1 == "Packages" && $2 == "main" && $3 !~ /security|-updates|-backports/ && !seen[$4]++ { print $4 }'
}

# private_apt PLACE deb|deb-src MIRROR: set options, with which apt-get uses
# this mirror's $suite alone, through lists of its own in PLACE
private_apt() {
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg

	[ -r "$keyring" ] || need_packages debian-archive-keyring
	options=(
		-o "Dir::Etc::SourceList=$1/sources.list"
		-o Dir::Etc::SourceParts=/dev/null
		-o "Dir::State::Lists=$1/lists"
		-o "Dir::Cache=$1"
		-o "Dir::Cache::Archives=$1/archives"
		-o APT::Sandbox::User="$(id -un)"
		-o Acquire::Languages=none
		# Lists of a suite that is tested as it is may be past their date
		-o Acquire::Check-Valid-Until=false
		-o Acquire::Retries=3
	)
	mkdir -p "$1/lists/partial" "$1/archives/partial"
	printf '%s [signed-by=%s] %s %s main\n' "$2" "$keyring" "$3" "$suite" >"$1/sources.list"
}
