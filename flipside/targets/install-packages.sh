#!/bin/sh
# Install Debian packages without starting or enabling the daemons that they bring. Run it as root:
#
#     install-packages.sh PACKAGE...
#
# Daemons that were here before are the user's own: they stay as they are, and restart if apt upgrades them.
# A step once begun is finished, whatever is typed at the terminal: half-installed packages help nobody.
set -eu

root=${FLIPSIDE_DEBIAN:-} # for tests
noted=${FLIPSIDE_PACKAGES:-} # a file that the names of new packages are added to, ahead of their coming
policy=$root/usr/sbin/policy-rc.d
mark="Written by Flipside while it installs packages"
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none NEEDRESTART_SUSPEND=1

apt() {
    # A session of its own keeps Ctrl-C from cutting dpkg in two; another apt at work is waited for.
    # What would remove a package is refused: it is somebody's.
    setsid --wait apt-get -q -y --no-install-recommends --no-remove -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" </dev/null 9<&-
}

update() {
    # apt waits for dpkg's lock when told to, but not for that of its own lists.
    for _ in $(seq 60); do
        if said=$(apt update 2>&1); then return 0; fi
        case $said in *"Could not get lock"*) sleep 5 ;; *) break ;; esac
    done
    printf '%s\n' "$said"
}

orphan() {
    # An init script stays when its package is removed without being purged.
    package=$(dpkg -S "$1" 2>/dev/null) || return 1
    [ "$(dpkg-query -W -f '${db:Status-Status}' "${package%%:*}" 2>/dev/null)" != installed ]
}

services() {
    for unit in "$root"/lib/systemd/system/*.service "$root"/etc/systemd/system/*.service; do
        [ ! -f "$unit" ] || basename "$unit" .service
    done
    for script in "$root"/etc/init.d/*; do
        [ ! -f "$script" ] || orphan "$script" || basename "$script"
    done
}

ours() {
    # Those of a run that was cut are no more the user's than they were then.
    [ ! -s "$noted" ] || dpkg -L $(cat "$noted") 2>/dev/null | sed -n 's|.*/systemd/system/\(.*\)\.service$|\1|p; s|^/etc/init\.d/||p'
}

theirs() {
    services | sort -u | if [ -s "$noted" ]; then grep -vxF "$(ours)"; else cat; fi | tr '\n' ' '
}

note() {
    # An upgrade names the old version, in brackets, before the new one.
    [ -z "$noted" ] || apt -s install "$@" | sed -n 's/^Inst \([^ ]*\) (.*/\1/p' >>"$noted"
}

unfinished() {
    [ -n "$(ls -A "$root/var/lib/dpkg/updates" 2>/dev/null)" ] ||
        grep -qsE '^Status: .* (unpacked|half-configured|half-installed|triggers-awaited|triggers-pending)$' "$root/var/lib/dpkg/status"
}

restore_policy() {
    # Only ours is taken away: also the one that a killed run left behind.
    grep -qs "$mark" "$policy" || return 0
    if [ -e "$policy.flipside-saved" ]; then mv "$policy.flipside-saved" "$policy"; else rm "$policy"; fi
}

write_policy() {
    [ ! -e "$policy" ] || mv "$policy" "$policy.flipside-saved"
    cat >"$policy" <<EOF
#!/bin/sh
# $mark: what was here before goes its usual way, and no other daemon starts.
case " $before " in *" \${1%.service} "*) ;; *) exit 101 ;; esac
if [ -x "$policy.flipside-saved" ]; then exec "$policy.flipside-saved" "\$@"; fi
EOF
    chmod 0755 "$policy"
}

disable() {
    # update-rc.d knows init scripts, deb-systemd-helper the links for a systemd that is not running now.
    update-rc.d "$1" disable >/dev/null 2>&1 || true
    DPKG_MAINTSCRIPT_PACKAGE=flipside deb-systemd-helper disable "$1.service" >/dev/null 2>&1 || true
    if [ -d /run/systemd/system ]; then systemctl disable --now "$1.service" >/dev/null 2>&1 || true; fi
}

finish() {
    for service in $(services | sort -u); do
        case " $before " in *" $service "*) ;; *) disable "$service" ;; esac
    done
    restore_policy
}

# The folder itself is the lock: two platforms that start at once take turns, and no file is left behind.
exec 9<"$root/var/lib/dpkg"
flock 9
trap '' INT HUP
restore_policy
before=$(theirs)
trap finish EXIT
trap 'exit 143' TERM
write_policy
if unfinished; then dpkg --configure -a </dev/null 9<&-; fi
apt -s install "$@" >/dev/null 2>&1 || update
note "$@"
# Once more with fresh lists: old ones name files that the mirror has dropped.
apt install "$@" || { update && apt install "$@"; }
