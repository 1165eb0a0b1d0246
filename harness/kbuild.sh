# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of lib.sh
# Configuring and building kernels; sourced after lib.sh.

# Same input, same object: also what lets ccache serve every checkout.
export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970'
export KBUILD_BUILD_USER=seccomp-inject KBUILD_BUILD_HOST=harness
export KBUILD_BUILD_VERSION=1
export CCACHE_BASEDIR=$top CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1
export CCACHE_SLOPPINESS=time_macros,include_file_mtime,include_file_ctime

# kbuild SOURCE OUT ARCH [ARG...]: with $kcc, or gcc
kbuild() {
	make -s -C "$1" O="$2" ARCH="$3" CC="ccache ${kcc:-gcc}" \
		HOSTCC="ccache gcc" -j"${JOBS:-$(nproc)}" "${@:4}"
}

# fragments SOURCE ARCH NAME...: the files that make a configuration: tinyconfig,
# those of harness/config/, and what the seccomp selftests want.
fragments() {
	local f source=$1 arch=$2
	echo "$source/kernel/configs/tiny-base.config"
	echo "$source/kernel/configs/tiny.config"
	f=$source/arch/x86/configs/tiny.config
	[[ ($arch != x86_64 && $arch != i386) || ! -f $f ]] || echo "$f"
	for f in "${@:3}"; do
		[[ -f $harness/config/$f.config ]] ||
			die "no fragment harness/config/$f.config"
		echo "$harness/config/$f.config"
	done
	echo "$source/tools/testing/selftests/seccomp/config"
}

# configure_from SOURCE OUT ARCH FILE...: symbols that no file names are off.
configure_from() {
	local source=$1 out=$2 arch=$3 merged=$tmp/merged
	rm -rf "$merged" && mkdir "$merged"
	# (-m: only merge; allnoconfig then leaves unasked symbols off)
	(cd "$source" && scripts/kconfig/merge_config.sh -Q -m -O "$merged" \
		"${@:4}" >"$tmp/merge.log") || {
		cat "$tmp/merge.log" >&2
		die "${out##*/}: merging the fragments failed"
	}
	kbuild "$source" "$out" "$arch" KCONFIG_ALLCONFIG="$merged/.config" \
		allnoconfig >"$tmp/conf.log" 2>&1 || {
		cat "$tmp/conf.log" >&2
		die "${out##*/}: allnoconfig failed"
	}
}
