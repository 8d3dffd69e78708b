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

# download PLACE PACKAGE [OPTION]...: this package of $suite into PLACE, from the first of
# this machine's mirrors that has it; false: from none
download() {
	local place=$1 package=$2 mirror
	shift 2

	for mirror in $(debian_mirrors); do
		private_apt "$place" deb "$mirror"
		options+=("$@")
		if (cd "$place" &&
			apt-get -q "${options[@]}" -o APT::Update::Error-Mode=any update &&
			apt-get -q "${options[@]}" download "$package") >&2; then
			return
		fi
		say "That did not work; trying the next mirror of this machine, if it has one"
	done
	return 1
}
