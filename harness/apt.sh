# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of those who source this
# Packages of another Debian release than this machine's; sourced after lib.sh,
# with $apt, a folder, and $hint, what to do where there is no network.

# apt-get and apt-cache with a state of our own: the system's is left alone.
private_apt() {
	local tool=$1
	shift
	"$tool" -q -o Dir::Etc::sourcelist="$apt/etc/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::Lists="$apt/lists" \
		-o Dir::Cache="$apt/cache" \
		-o Dir::Cache::Archives="$apt/archives" \
		-o APT::Sandbox::User="$(id -un)" \
		-o Acquire::Retries=2 -o Acquire::http::Timeout=30 "$@"
}

# The Debian mirror among apt's sources: known by its label once the lists
# were fetched, else by the look of its path.
mirror() {
	local targets
	# shellcheck disable=SC2016 # apt's own variables
	targets=$(apt-get indextargets \
		--format '$(LABEL)|$(REPO_URI)' 2>/dev/null | sort -u)
	{
		sed -n 's/^Debian|//p' <<<"$targets"
		sed -n 's/^[^|]*|\(.*\/debian\/*\)$/\1/p' <<<"$targets"
	} | sed -n 1p
}

keyring() {
	local k
	for k in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
		[[ -f $k ]] && echo "$k" && return
	done
	die "Debian's keyring is missing: apt-get install debian-archive-keyring"
}

# setup_apt DIST: read the package list of DIST.
setup_apt() {
	local uri key
	command -v apt-get >/dev/null ||
		die "no apt-get here${hint:+: $hint}"
	uri=$(mirror)
	[[ $uri ]] ||
		die "apt's configuration names no Debian mirror${hint:+; $hint}"
	key=$(keyring)
	mkdir -p "$apt"/{etc,lists/partial,archives/partial,cache}
	echo "deb [signed-by=$key] $uri $1 main" >"$apt/etc/sources.list"
	note "reading the package list of $1"
	private_apt apt-get update -o APT::Update::Error-Mode=any \
		>"$apt/update.log" 2>&1 ||
		die "cannot read $1 from the mirror" \
			"(network? $(grep -m1 '^[EW]:' "$apt/update.log"))${hint:+; or $hint}"
}
