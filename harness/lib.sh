# shellcheck shell=bash
# shellcheck disable=SC2034 # used by the scripts that source this
# Shared by the scripts of harness/: where things are, how to fail, how to lock.
# Sourced, never run.

set -euo pipefail

# What our own make was called with is not meant for the kernel's.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES TARGET SUITE ARCH CROSS_COMPILE

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
harness=$top/harness
build=$top/build
tree=$build/tree
cache=${XDG_CACHE_HOME:-$HOME/.cache}/seccomp-inject
me=${0##*/}

# Overlay: what stands at the path it has in a kernel tree.
overlay_roots=(Documentation arch block certs crypto drivers fs include init
	io_uring ipc kernel lib mm net rust samples scripts security sound
	tools usr virt MAINTAINERS Kbuild Kconfig CREDITS)

die() {
	printf '%s: %s\n' "$me" "$*" >&2
	exit 1
}

note() {
	printf '%s: %s\n' "$me" "$*" >&2
}

# Print the comment block at the head of the running script, its manual, and
# end with the status given.
usage() {
	awk 'NR > 1 { if (!/^#/ || /shellcheck/) exit; sub(/^# ?/, ""); print }' "$0"
	exit "$1"
}

# Read one variable of harness/targets/NAME into the caller's shell.
# Sets: arch image config_fragments series machine qemu cpu console
load_target() {
	local known
	if [[ ! $1 =~ ^[a-z0-9_-]+$ || ! -f $harness/targets/$1 ]]; then
		known=$(cd "$harness/targets" && echo *)
		die "unknown TARGET '$1'; known: $known"
	fi
	# shellcheck source=/dev/null
	. "$harness/targets/$1"
}

# Version and suite that series/kernel-version pins: "VERSION SUITE".
pinned() {
	local version suite
	[[ -f $top/series/kernel-version ]] ||
		die "series/kernel-version is missing"
	read -r version suite <"$top/series/kernel-version" ||
		die "series/kernel-version: expected 'VERSION SUITE'"
	printf '%s %s\n' "$version" "$suite"
}

# lock FD FILE [-s]: take a lock, saying so when that means waiting.
lock() {
	mkdir -p "$(dirname "$2")"
	eval "exec $1>>\"\$2\""
	flock ${3:+"$3"} -n "$1" && return
	note "waiting for another run to release ${2#"$top"/}"
	flock ${3:+"$3"} "$1"
}

# Temporary directory that goes when the script ends.
scratch() {
	mkdir -p "$build/tmp"
	tmp=$(mktemp -d "$build/tmp/$me.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# background COMMAND...: start it in a process group of its own, named in $job,
# so that end_job JOB [SIGNAL] can end all of it: a forgotten sleep would keep a pipe open.
background() {
	set -m
	"$@" &
	job=$!
	set +m
}

end_job() {
	kill "-${2:-TERM}" -- "-$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

# The pristine tree that build/tree was made from.
pristine_dir() {
	[[ -L $build/pristine && -f $build/pristine/Makefile ]] ||
		die "no source tree yet: make tree"
	readlink -f "$build/pristine"
}
