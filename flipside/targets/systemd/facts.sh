# Print what a bootstrap has to know of a machine, as lines of key=value. Changes nothing.
#
#     sh facts.sh ROOT PORT PACKAGE...
#
# Memory and disk are in KiB. A bare machine has neither Python nor ss: what listens is read from /proc (proc(5)).
set -u
root=$1 port=$2
shift 2
export LC_ALL=C.UTF-8

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing() {
    case $1 in
    python3-venv) ! /usr/bin/python3 -c 'import venv' 2>/dev/null ;;
    # Another program may keep the time, and apt would remove it.
    systemd-timesyncd) ! dpkg-query -W -f '${db:Status-Status} ${Provides} \n' 2>/dev/null | grep -q '^installed .*time-daemon' ;;
    *) ! installed "$1" ;;
    esac
}

listener() {
    # Of local address, state (0A listens) and inode: columns 2, 4 and 10.
    hex=$(printf ':%04X$' "$port")
    for inode in $(awk -v port="$hex" '$2 ~ port && $4 == "0A" { print $10 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null); do
        for fd in /proc/[0-9]*/fd/*; do
            [ "$(readlink "$fd" 2>/dev/null)" != "socket:[$inode]" ] || { echo "${fd%/fd/*}"; return; }
        done
        echo unknown && return
    done
}

program() {
    [ "$1" != unknown ] || { echo "a program out of sight"; return; }
    unit=$(grep -o '[^/]*\.service' "$1/cgroup" | head -n 1)
    echo "$(cat "$1/comm")${unit:+ ($unit)}"
}

locked() {
    for lock in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock; do
        ! inode=$(stat -c %i "$lock" 2>/dev/null) || ! grep -q ":$inode " /proc/locks || return 0
    done
    return 1
}

whole_venv() {
    "$root/venv/bin/python" -c 'import salt.version, uv, zmq' 2>/dev/null && cat "$root/venv/flipside.sha256"
}

whole_code() {
    cd "$root" 2>/dev/null && sha256sum --check --status --strict srv/bundle.sums 2>/dev/null && sha256sum <srv/bundle.sums
}

[ ! -r /etc/os-release ] || (. /etc/os-release && echo "os=$ID ${ID_LIKE:-}" && echo "name=${PRETTY_NAME:-$ID}")
echo "hostname=$(uname -n)"
echo "user=$(id -u)"
[ ! -d /run/systemd/system ] || echo "systemd=yes"
[ -z "$(command -v apt-get)" ] || echo "apt=yes"
echo "arch=$(dpkg --print-architecture 2>/dev/null || uname -m)"
echo "libc=$(getconf GNU_LIBC_VERSION 2>/dev/null)"
echo "python=$(/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)"
echo "memory=$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)"
[ -d /srv ] && disk=/srv || disk=/
echo "disk=$(df -Pk $disk | awk 'NR == 2 { print $4 }')"
found=$(listener)
[ -z "$found" ] || echo "listener=$(program "$found")"
! locked || echo "apt_busy=yes"
echo "clock=$(date +%s)"
for package in "$@"; do
    ! missing "$package" || echo "missing=$package"
done
echo "venv=$(whole_venv)"
echo "code=$(whole_code | cut -d ' ' -f 1)"
