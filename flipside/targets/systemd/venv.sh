# Make Salt's venv from an archive, beside the old one, and put it in place.
#
#     sh venv.sh ROOT ARCHIVE DIGEST
#
# An archive holds bin/ and lib/ of a venv. Nothing here knows where a venv lies but two files of its own.
set -eu
umask 022
root=$1 archive=$2 digest=$3
new=$root/venv.new

rm -rf "$new" "$root/venv.old"
/usr/bin/python3 -m venv --without-pip "$new"
# Scripts for a shell name the folder; nobody activates this venv.
rm -f "$new"/bin/[Aa]ctivate*
tar -xzf "$archive" -C "$new" --no-same-owner
for name in salt:salt_main salt-call:salt_call salt-key:salt_key salt-run:salt_run; do
    printf '#!%s\nfrom salt import scripts\n\nscripts.%s()\n' "$root/venv/bin/python" "${name#*:}" >"$new/bin/${name%:*}"
    chmod 0755 "$new/bin/${name%:*}"
done
"$new/bin/python" -m compileall -q -j 0 "$new"/lib
"$new/bin/python" -c 'import salt.version, uv, zmq'
echo "$digest" >"$new/flipside.sha256"
# On the disk before it is called whole: a power cut may come.
sync -f "$new"
touch "$root/var/news"
[ ! -e "$root/venv" ] || mv "$root/venv" "$root/venv.old"
mv "$new" "$root/venv"
rm -rf "$root/venv.old" "$archive"
