# shellcheck shell=bash
# Writing KTAP from a script; sourced.

tests=0 failures=0

begin() {
	echo "KTAP version 1"
}

# check NAME COMMAND...: ok if the command succeeds.
check() {
	local name=$1
	shift
	tests=$((tests + 1))
	if "$@" >/dev/null 2>&1; then
		echo "ok $tests $name"
	else
		echo "not ok $tests $name"
		failures=$((failures + 1))
	fi
}

skip() {
	tests=$((tests + 1))
	echo "ok $tests $1 # SKIP $2"
}

# The plan comes last: a script that dies on the way leaves none.
finish() {
	echo "1..$tests"
	[[ $failures == 0 ]]
}
