# Put apps' data by, and remove the apps' users and all files of the platform.
#
#     sh clear.sh ROOT RUN [FOLDER]
#
# FOLDER gets the data; without it data goes, too. Prints kept=FOLDER if any was kept, in this run or one that was cut.
set -eu
root=$1 run=$2 kept=${3:-}

unused() {
    folder=$1 number=1
    while [ -e "$folder" ]; do number=$((number + 1)) folder=$1.$((number)); done
    echo "$folder"
}

put_by() {
    for data in "$root"/apps/*/*/data; do
        [ -n "$(ls -A "$data" 2>/dev/null)" ] || continue
        app=${data#"$root/apps/"}
        mkdir -p -m 0700 "$kept" "$kept/${app%%/*}"
        touch "$root/var/kept"
        # What an app wrote is its user's, by a number that another user may get.
        chown -hR root:root "$data"
        chmod 0700 "$data"
        mv -T "$data" "$(unused "$kept/${app%/data}")"
    done
    [ -e "$root/var/kept" ] || return 0
    if [ -d "$root/backup" ]; then
        mkdir -p -m 0700 "$kept/backup.repository"
        mv -T "$root/backup" "$(unused "$kept/backup.repository/all")"
    fi
    echo "kept=$kept"
}

user() {
    # As flipside.machine.users names them.
    name=app-$1
    [ ${#name} -le 32 ] || name=$(printf '%.23s_%.8s' "$name" "$(printf %s "$1" | sha256sum)")
    echo "$name"
}

[ -z "$kept" ] || put_by
for app in "$root"/apps/*/; do
    [ -d "$app" ] || continue
    name=$(user "$(basename "$app")")
    ! getent passwd "$name" >/dev/null || userdel "$name"
    # It stays behind where others are in it, as nginx is.
    ! getent group "$name" >/dev/null || groupdel "$name"
done
rm -rf "$run"
# What tells of users and of kept data goes last: a cut must not lose it.
for entry in "$root"/*; do
    case $entry in */apps | */var) ;; *) rm -rf "$entry" ;; esac
done
rm -rf "$root/apps"
rm -rf "$root"
