# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of lib.sh
# Reading series/ and applying the overlay; sourced after lib.sh.

# All files of the overlay, tracked or not, one path a line.
overlay_paths() {
	local roots=() r
	for r in "${overlay_roots[@]}"; do
		[[ ! -e $top/$r ]] || roots+=("$r")
	done
	for r in "$top"/*.patch; do
		[[ ! -e $r ]] || roots+=("${r##*/}")
	done
	[[ ${#roots[@]} -gt 0 ]] || return 0
	(cd "$top" && find "${roots[@]}" -type f \
		! -name '*~' ! -name '*.orig' ! -name '*.rej' ! -name '.*' \
		! -name '*.o' | LC_ALL=C sort)
}

# The commits of the series, in order.
series_commits() {
	[[ -f $top/series/series ]] || return 0
	sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$top/series/series"
}

# commit_paths COMMIT: the overlay files that it carries.
commit_paths() {
	[[ -f $top/series/$1 ]] || die "series/series names $1, which is not there"
	sed -e '1,/^---$/d' -e 's/[[:space:]]*$//' -e '/^$/d' "$top/series/$1"
}

# Every overlay file is carried by exactly one commit. Prints them in order.
series_paths() {
	local commit paths=() twice
	while read -r commit; do
		[[ -f $top/series/$commit ]] ||
			die "series/series names $commit, which is not there"
		while read -r path; do
			[[ -f $top/$path ]] ||
				die "series/$commit carries $path, which is not there"
			paths+=("$path")
		done < <(commit_paths "$commit")
	done < <(series_commits)
	local carried
	carried=$(printf '%s\n' "${paths[@]}" | sed '/^$/d' | LC_ALL=C sort)
	twice=$(uniq -d <<<"$carried" | sed -n 1p)
	[[ ! $twice ]] || die "$twice is carried by more than one commit"
	local lost
	lost=$(comm -13 <(echo "$carried") <(overlay_paths) | sed -n 1p)
	[[ ! $lost ]] || die "no commit of series/ carries $lost"
	printf '%s\n' "${paths[@]}" | sed '/^$/d'
}

# patch_target PATCHFILE: the one file that it changes, checked against its name.
patch_target() {
	local t base
	t=$(sed -n 's/^+++ b\/\([^\t]*\).*/\1/p' "$top/$1")
	[[ $t && $t != *$'\n'* ]] || die "$1: must change exactly one file"
	base=${1%.patch}
	[[ $t == "$base" || ($t == "${base%.*}" && ${base##*.} != */*) ]] ||
		die "$1 changes $t, which its name does not say"
	echo "$t"
}

# The files that the series touches, by their names in a kernel tree.
touched_paths() {
	local path
	while read -r path; do
		if [[ $path == *.patch ]]; then
			patch_target "$path"
		else
			echo "$path"
		fi
	done < <(series_paths) | LC_ALL=C sort -u
}

# stage PRISTINE DIR: make all touched files, as the series leaves them, in DIR.
stage() {
	local path
	series_paths >"$2.paths"
	while read -r path; do
		stage_path "$1" "$2" "$path"
	done <"$2.paths"
}

# stage_path PRISTINE DIR PATH: make in DIR what one file of the overlay stands
# for. Sets $staged, its path there.
stage_path() {
	if [[ $3 == *.patch ]]; then
		staged=$(patch_target "$3")
		stage_patch "$1" "$2" "$3" "$staged"
	else
		staged=$3
		[[ ! -e $1/$3 ]] || die "$3 is in the kernel tree: make it a .patch"
		mkdir -p "$2/$(dirname "$3")"
		cp -p "$top/$3" "$2/$3"
	fi
}

stage_patch() {
	local pristine=$1 dir=$2 path=$3 target=$4
	if [[ ! -f $dir/$target ]]; then
		[[ -f $pristine/$target ]] ||
			die "$path: the kernel tree has no $target"
		mkdir -p "$dir/$(dirname "$target")"
		cp -p "$pristine/$target" "$dir/$target"
	fi
	patch -s -f --fuzz=0 --no-backup-if-mismatch -r - \
		-d "$dir" "$target" <"$top/$path" >"$dir.log" 2>&1 || {
		sed 's/^/  /' "$dir.log" >&2
		die "$path does not apply to $target of $(basename "$pristine")"
	}
}

# make_patch OLD NEW PATH: the canonical patch between two versions of a file.
make_patch() {
	diff -U3 -p -d --label "a/$3" --label "b/$3" "$1" "$2" || [[ $? == 1 ]]
}
