#!/bin/sh
# Make the image debian:bookworm-slim where no registry answers. Run it as root:
#
#     tests/base-image.sh
#
# Packages come from the mirror that this machine's own apt uses; certificates that were added here are trusted there.
set -eu

image=debian:bookworm-slim
suite=bookworm
certificates=/usr/local/share/ca-certificates

mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' "Codename: $1" | head -n 1
}

sources() {
    for codename in "$suite" "$suite-updates" "$suite-security"; do
        uri=$(mirror "$codename")
        [ -z "$uri" ] || echo "deb $uri $codename main"
    done
}

from=$(mirror "$suite")
if [ -z "$from" ]; then
    echo "apt knows no mirror that has Debian's $suite: see /etc/apt/sources.list" >&2
    exit 1
fi
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
trap 'exit 143' INT TERM
debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$from"
sources >"$root/etc/apt/sources.list"
if [ -d "$certificates" ]; then
    cp -R "$certificates/." "$root$certificates/"
    TMPDIR=/tmp chroot "$root" update-ca-certificates
fi
rm -rf "$root/var/cache/apt/archives" "$root"/var/lib/apt/lists/*
mkdir -p "$root/var/cache/apt/archives/partial"
tar --numeric-owner --directory "$root" --create . | docker import - "$image"
