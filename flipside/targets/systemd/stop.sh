# Stop all that is the platform's, and forget its units. What was cut short is taken up by the next run.
set -u
system=/etc/systemd/system

units() {
    # An `app.service` may be somebody else's: ours speak of us.
    for unit in "$system"/flipside-* $(grep -lis flipside "$system"/app.*); do
        [ ! -f "$unit" ] || basename "$unit"
    done
}

# Salt first: its highstate would start the others anew.
systemctl --quiet stop flipside-salt-minion.service flipside-salt-master.service 2>/dev/null
found=$(units)
[ -z "$found" ] || systemctl --quiet disable --now $found || exit 1
for unit in $found; do
    rm -rf "$system/$unit" "$system/$unit.d"
done
# What the bootstrap and the states wrote elsewhere.
rm -f /etc/tmpfiles.d/flipside.conf /etc/apt/apt.conf.d/52flipside
if [ -e /etc/systemd/journald.conf.d/flipside.conf ]; then
    rm /etc/systemd/journald.conf.d/flipside.conf
    rmdir --ignore-fail-on-non-empty /etc/systemd/journald.conf.d
    systemctl restart systemd-journald
fi
systemctl daemon-reload
nft list tables 2>/dev/null | grep ' flipside$' | while read -r word family name; do
    nft delete "$word" "$family" "$name"
done
