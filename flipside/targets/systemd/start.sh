# Start Salt, or let it take in what is new; print "news" if anything is.
#
#     sh start.sh ROOT UNIT...
set -eu
root=$1
shift
systemd-tmpfiles --create /etc/tmpfiles.d/flipside.conf
[ ! -e "$root/var/news" ] || systemctl daemon-reload
systemctl --quiet is-enabled "$@" || systemctl --quiet enable "$@"
if [ -e "$root/var/news" ]; then
    systemctl restart "$@"
    echo news
else
    systemctl start "$@"
fi
