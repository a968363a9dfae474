# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sourced: packages of other Debian suites, downloaded and unpacked, never
# installed. The mirror is the one the machine itself uses.

# The URI of the Debian archive in the machine's own sources.
debian_uri()
{
	local uri
	uri=$(apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' |
	      awk '$2 == "Debian" { print $1; exit }')
	[ -n "$uri" ] || uri=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
		grep -v '^#' | grep -oE '(https?|ftp|file|mirror)[:+][^ ]*/debian/?' | head -n1)
	[ -n "$uri" ] || return 1
	echo "${uri%/}"
}

APT_DIR=$CACHE/apt
APT_OPTS=(-o "Dir::Etc::SourceList=$APT_DIR/sources.list"
	  -o Dir::Etc::SourceParts=/dev/null
	  -o "Dir::State::Lists=$APT_DIR/lists"
	  -o "Dir::Cache=$APT_DIR/cache"
	  -o APT::Sandbox::User=root
	  -o APT::Default-Release=)

# apt_suites: makes the private apt know the other suites.
apt_suites()
{
	local uri key suite
	[ -z "$APT_READY" ] || return 0
	mkdir -p "$APT_DIR/lists/partial" "$APT_DIR/cache/archives/partial"
	uri=$(debian_uri) || die "found no Debian archive in the apt sources of this machine"
	key=/usr/share/keyrings/debian-archive-keyring.gpg
	for suite in bookworm-backports trixie trixie-backports; do
		echo "deb [signed-by=$key] $uri $suite main"
	done > "$APT_DIR/sources.list.new"
	# Lists of a few days do: what they name stays in the archive that long.
	if ! cmp -s "$APT_DIR/sources.list.new" "$APT_DIR/sources.list" ||
	   [ -z "$(find "$APT_DIR/stamp" -mtime -2 2>/dev/null)" ] || [ "$1" = refresh ]; then
		say "reading the package lists of bookworm-backports, trixie and trixie-backports"
		mv "$APT_DIR/sources.list.new" "$APT_DIR/sources.list"
		timeout 600 apt-get "${APT_OPTS[@]}" -q update >&2 || die "apt-get update failed"
		touch "$APT_DIR/stamp"
	fi
	rm -f "$APT_DIR/sources.list.new"
	APT_READY=1
}

apt_other() { apt-cache "${APT_OPTS[@]}" "$@"; }

# suite_version PACKAGE SUITE: its version in that suite
suite_version()
{
	apt_other madison "$1" 2>/dev/null | awk -F'|' -v s="$2" '
		{ gsub(/ /, "", $2); split($3, a, " ")
		  if (index(a[2], s "/") == 1 && $1 !~ /Sources/) { print $2; exit } }'
}

# fetch_debs DIR PACKAGE=VERSION...: downloads the packages into DIR
fetch_debs()
{
	local dir=$1 opts=()
	shift
	[ "$APT_OTHER" = no ] || opts=("${APT_OPTS[@]}")
	mkdir -p "$dir"
	(cd "$dir" && timeout 1800 apt-get "${opts[@]}" -q download "$@") >&2
}
