# Purge the Debian packages that the bootstrap brought.
#
#     sh purge.sh FILE
#
# If anything else would go with them all stay: somebody has come to need them. Prints needed=PACKAGE then.
set -eu
[ -s "$1" ] || exit 0
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

apt() {
    # A session of its own keeps Ctrl-C from cutting dpkg in two.
    setsid --wait apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@" </dev/null
}

present() {
    # `rc` is gone but for its configuration, `un` is gone.
    dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $(sort -u "$1") 2>/dev/null | awk '$1 != "un" { print $2 }'
}

trap '' INT HUP
ours=$(present "$1")
[ -n "$ours" ] || exit 0
needed=$(apt -s purge $ours | sed -n 's/^\(Purg\|Remv\) \([^ ]*\) .*/\2/p' | sed 's/:.*//' | grep -vxF "$ours" || true)
if [ -n "$needed" ]; then
    printf 'needed=%s\n' $needed
else
    apt purge $ours
fi
