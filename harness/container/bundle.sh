# shellcheck shell=bash
# Containers in the guest: bundles, runtimes, agents; sourced.

run=/run/test			# bundles, sockets, logs, state
image=/run/image		# the disk once more: what containers see below
calls='"open","openat","openat2","creat","truncate","execve","execveat",
	"mkdir","mkdirat","mknod","mknodat","unlink","unlinkat","rmdir","rename",
	"renameat","renameat2","link","linkat","symlink","symlinkat","chmod",
	"fchmodat","fchmodat2","chown","lchown","fchownat","utimensat","stat",
	"lstat","newfstatat","statx","statfs","access","faccessat","faccessat2",
	"readlink","readlinkat","chdir","setxattr","lsetxattr","getxattr",
	"lgetxattr","listxattr","llistxattr","removexattr","lremovexattr",
	"connect","bind","sendto","sendmsg"'

# What no notification is made of has to be shut, or it is the way around.
refused='"io_uring_setup","sendmmsg","open_by_handle_at","setxattrat",
	"getxattrat","listxattrat","removexattrat","ptrace"'

log() {
	printf '# %s\n' "$*"
}

# eventually COMMAND...: within two minutes it succeeds.
eventually() {
	local end=$((SECONDS + 120))
	until "$@" >/dev/null 2>&1; do
		[[ $SECONDS -lt $end ]] || return 1
		sleep 0.1
	done
}

# seccomp METADATA: the profile that asks the agent
seccomp() {
	[[ $1 ]] || return 0
	cat <<-JSON
	, "seccomp": {
		"defaultAction": "SCMP_ACT_ALLOW",
		"architectures": ["SCMP_ARCH_X86_64"],
		"listenerPath": "$socket",
		"listenerMetadata": "$1",
		"syscalls": [
			{ "names": [$refused], "action": "SCMP_ACT_ERRNO", "errnoRet": 38 },
			{ "names": [$calls], "action": "SCMP_ACT_NOTIFY" }
		]
	}
	JSON
}

namespaces() {
	local names=(pid ipc uts mount network) n list=
	[[ $user == 0 ]] || names+=(user)
	for n in "${names[@]}"; do
		list+="${list:+,}{\"type\":\"$n\"}"
	done
	echo "\"namespaces\": [$list]"
	[[ $user == 0 ]] || cat <<-JSON
	, "uidMappings": [{ "containerID": 0, "hostID": $user, "size": 1 }]
	, "gidMappings": [{ "containerID": 0, "hostID": $user, "size": 1 }]
	JSON
}

# words WORD...: as JSON; no word has quotes in it
words() {
	local list
	list=$(printf ',"%s"' "$@")
	echo "[${list:1}]"
}

# bundle NAME METADATA WORD...: of a container of user $user that runs WORD...;
# without METADATA it has no agent
bundle() {
	local b=$run/$1 capabilities
	capabilities=$(words CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_KILL \
		CAP_NET_BIND_SERVICE CAP_SETGID CAP_SETUID CAP_MKNOD)
	mkdir -p "$b"/{upper,work,rootfs}
	chown "$user:$user" "$b" "$b/upper" "$b/work"
	mount -t overlay overlay "$b/rootfs" \
		-o "lowerdir=$image,upperdir=$b/upper,workdir=$b/work"
	mkdir -p "$b"/rootfs/{vm,race,secret}
	chown "$user:$user" "$b"/rootfs/{.,etc,tmp,home,race,secret}
	cat >"$b/config.json" <<-JSON
	{
	"ociVersion": "1.0.2",
	"process": {
		"user": { "uid": 0, "gid": 0 },
		"args": $(words "${@:3}"),
		"env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=/home"],
		"cwd": "/",
		"noNewPrivileges": true,
		"capabilities": {
			"bounding": $capabilities,
			"effective": $capabilities,
			"permitted": $capabilities
		}
	},
	"root": { "path": "rootfs" },
	"hostname": "container",
	"mounts": [
		{ "destination": "/proc", "type": "proc", "source": "proc" },
		{ "destination": "/dev", "type": "tmpfs", "source": "tmpfs",
		  "options": ["nosuid", "mode=755"] },
		{ "destination": "/dev/pts", "type": "devpts", "source": "devpts",
		  "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666"] },
		{ "destination": "/dev/shm", "type": "tmpfs", "source": "shm",
		  "options": ["nosuid", "nodev", "mode=1777"] },
		{ "destination": "/vm", "type": "bind", "source": "/vm",
		  "options": ["rbind", "ro"] }
	],
	"linux": { $(namespaces) $(seccomp "$2") }
	}
	JSON
}

# runtime NAME VERB...: crun or runc, as $user
runtime() {
	local options=(--root "$run/state-$1-$user")
	# Nobody delegated a control group to a user here.
	[[ $1 != crun || $user == 0 ]] || options+=(--cgroup-manager disabled)
	as_user timeout --signal KILL 900 "$1" "${options[@]}" "${@:2}"
}

as_user() {
	if [[ $user == 0 ]]; then
		"$@"
	else
		setpriv --reuid "$user" --regid "$user" --clear-groups \
			env XDG_RUNTIME_DIR="$run" "$@"
	fi
}

# start RUNTIME NAME: in the foreground, output to stdout; not for ever
start() {
	local status=0
	runtime "$1" run --bundle "$run/$2" "$2" 2>&1 </dev/null || status=$?
	[[ $status != 137 ]] || runtime "$1" delete --force "$2" >/dev/null 2>&1
	return "$status"
}

# agent MODE [OPTION...]: start one for $user, listening on $socket, in place of
# any other; sets $agent
agent() {
	local pid_file=$run/pid-$user
	[[ ! ${agent:-} ]] || end_agent TERM
	rm -f "$pid_file"
	as_user /vm/oci-agent --listen "$socket" --policy /vm/policy.json \
		--log "$run/agent-$user.log" --pid-file "$pid_file" \
		--mode "$1" "${@:2}" 2>>"$run/agent-$user.err" &
	eventually test -s "$pid_file" || {
		log "no agent: $(tail -n 3 "$run/agent-$user.err")"
		return 1
	}
	agent=$(<"$pid_file")
}

# end_agent SIGNAL
end_agent() {
	kill "-$1" "$agent"
	eventually test ! -e "/proc/$agent"
	agent=
}

prepare() {
	# An overlay's upper directory can't lie on another overlay.
	mount -t tmpfs -o mode=755 tmpfs /run
	mkdir -p "$run" "$image"
	chmod 1777 "$run"
	mount -t erofs -o ro "${vm_disk:-/dev/vda}" "$image"
}

user=0 socket=$run/socket
