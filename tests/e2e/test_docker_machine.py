"""The machine itself, beside the apps: what is let in, https, upgrades of it and of the platform."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from e2e.load import Load
from e2e.rig import App
from e2e.rig_docker import DockerPlatform

ASK = """\
import socket, ssl, sys
host = sys.argv[1]
context = ssl.create_default_context(cafile="/tmp/ca.pem")
with context.wrap_socket(socket.create_connection(("127.0.0.1", 443)), server_hostname=host) as tls:
    tls.sendall(f"GET /process HTTP/1.0\\r\\nHost: {host}\\r\\n\\r\\n".encode())
    sys.stdout.write(b"".join(iter(lambda: tls.recv(65536), b"")).decode())
"""


def test_security_upgrades_come_by_themselves(docker_platform: DockerPlatform) -> None:
    said = docker_platform.sh("apt-config dump").out
    assert 'APT::Periodic::Unattended-Upgrade "1";' in said
    assert 'APT::Periodic::Update-Package-Lists "1";' in said
    timers = docker_platform.sh("systemctl is-active apt-daily.timer apt-daily-upgrade.timer").out
    assert timers.split() == ["active", "active"]
    # What it would take is named: Debian's security updates.
    tried = docker_platform.sh("unattended-upgrade --dry-run --debug 2>&1 | head -5").out
    assert "label=Debian-Security" in tried


def test_the_journal_keeps_within_its_bounds(docker_platform: DockerPlatform) -> None:
    said = docker_platform.sh("systemd-analyze cat-config systemd/journald.conf").out
    assert "SystemMaxUse=200M" in said


def test_only_ssh_http_and_https_are_let_in(docker_platform: DockerPlatform) -> None:
    loaded = docker_platform.sh("nft list chain inet flipside input").out
    assert "tcp dport { 22, 80, 443 } accept\n\t\tdrop\n" in loaded


@pytest.fixture
def own_pillar(docker_platform: DockerPlatform) -> Iterator[Path]:
    """The platform's own settings, taken back in the end."""
    folder = docker_platform.folder / "pillar"
    yield folder / "platform.sls"
    (folder / "platform.sls").unlink()
    docker_platform.bootstrap()


def certificate(folder: Path, host: str) -> dict[str, str]:
    """A certificate for a host that vouches for itself, and its key, as PEM."""
    names = ["-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"]
    made = ["-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem"]
    argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run([*argv, *names, *made], check=True, capture_output=True)
    return {name: (folder / f"{name}.pem").read_text() for name in ("certificate", "key")}


def test_https_with_a_certificate_from_pillar(
    docker_platform: DockerPlatform,
    make_docker_app: Callable[..., App],
    own_pillar: Path,
    tmp_path: Path,
) -> None:
    tls = certificate(tmp_path, "secure.localhost")
    own_pillar.write_text("#!json\n" + json.dumps({"flipside": {"nginx": {"tls": tls}}}))
    done = docker_platform.bootstrap()
    assert tls["key"].splitlines()[1] not in done.out + done.err
    app = make_docker_app("secure", env={"WHERE": "$URL"})
    app.ship()
    docker_platform.sh("cat >/tmp/ca.pem", stdin=tls["certificate"])
    said = docker_platform.sh("python3 - secure.localhost", stdin=ASK)
    assert said.out.startswith("HTTP/1.1 200"), said.out + said.err
    assert '"WHERE": "https://secure.localhost/"' in said.out
    assert docker_platform.sh("stat -c %a /srv/flipside/etc/nginx/tls.pem").out == "600\n"
    # A key that is not the certificate's is refused, and nothing is replaced.
    (tmp_path / "other").mkdir()
    wrong = tls | {"key": certificate(tmp_path / "other", "secure.localhost")["key"]}
    own_pillar.write_text("#!json\n" + json.dumps({"flipside": {"nginx": {"tls": wrong}}}))
    assert "KEY_VALUES_MISMATCH" in docker_platform.flipside.fails("platform.bootstrap").err
    assert "HTTP/1.1 200" in docker_platform.sh("python3 - secure.localhost", stdin=ASK).out


def test_an_upgrade_drops_no_request(
    docker_platform: DockerPlatform, make_docker_app: Callable[..., App], own_pillar: Path
) -> None:
    """Salt is restarted, nginx reloaded, the highstate runs; visitors notice nothing."""
    app = make_docker_app("upgraded")
    app.write(version_txt="1")
    app.ship("1")
    own_pillar.write_text("flipside: {nginx: {worker_connections: 1024}}\n")
    load = Load(docker_platform.port, app.host)
    with load.running() as seen:
        done = docker_platform.flipside("platform.upgrade", timeout=200)
    assert "changed nginx-config" in done.out
    assert "is of version" in done.out
    assert seen.failures == {}, str(seen)
    assert not set(seen.posted) - set(app.rows())
