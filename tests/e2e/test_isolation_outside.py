"""What another machine on the platform's network can reach: ssh, http and https."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from e2e.rig import until
from e2e.rig_attack import python
from e2e.rig_docker import DockerPlatform

SCAN = """
import asyncio, json, sys

async def is_open(port, few):
    async with few:
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(sys.argv[1], port), 1)
        except (OSError, asyncio.TimeoutError):
            return False
        writer.close()
        return True

async def main():
    few = asyncio.Semaphore(4000)
    ports = range(int(sys.argv[2]), int(sys.argv[3]))
    found = await asyncio.gather(*(is_open(port, few) for port in ports))
    print(json.dumps([port for port, answers in zip(ports, found) if answers]))

asyncio.run(main())
"""
ASK = """
import socket, sys
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(2)
client.sendto(b"x", (sys.argv[1], int(sys.argv[2])))
print(client.recv(9))
"""
ECHO = """
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("0.0.0.0", {port}))
while True:
    server.sendto(*server.recvfrom(9))
"""
LISTEN = "import socket, time; kept = socket.create_server(('0.0.0.0', {port})); time.sleep(600)"


def from_elsewhere(
    platform: DockerPlatform, code: str, *words: object
) -> subprocess.CompletedProcess[str]:
    """Run Python in another container of the network; the platform's address is its first word."""
    ask = ["docker", "inspect", "--format", "{{.Image}} {{.NetworkSettings.IPAddress}}"]
    said = subprocess.run([*ask, platform.box.name], capture_output=True, text=True, check=True)
    image, address = said.stdout.split()
    argv = ["docker", "run", "--rm", "--ulimit", "nofile=9000", image, "python3", "-c", code]
    argv += [address, *map(str, words)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)


@contextmanager
def serving(platform: DockerPlatform, code: str) -> Iterator[None]:
    """Run a server in the platform's container meanwhile."""
    pid = platform.sh(f"{python(code)} > /dev/null 2>&1 & echo $!").out.strip()
    try:
        yield
    finally:
        platform.sh(f"kill {pid}")


@contextmanager
def without_firewall(platform: DockerPlatform) -> Iterator[None]:
    platform.sh("systemctl stop flipside-firewall")
    try:
        yield
    finally:
        platform.sh("systemctl start flipside-firewall")


def test_of_all_tcp_ports_only_those_of_the_web_and_ssh_open(
    docker_platform: DockerPlatform,
) -> None:
    def scan(first: int, last: int) -> set[int]:
        done = from_elsewhere(docker_platform, SCAN, first, last)
        return set(json.loads(done.stdout))

    with serving(docker_platform, LISTEN.format(port=11211)):
        with without_firewall(docker_platform):
            until(lambda: 11211 in scan(11211, 11212))
        found = scan(1, 65536)
    assert 80 in found
    assert found <= {22, 80, 443}


@pytest.mark.parametrize("port", [111, 514, 5353])
def test_udp_is_not_answered(docker_platform: DockerPlatform, port: int) -> None:
    with serving(docker_platform, ECHO.format(port=port)):
        with without_firewall(docker_platform):
            until(lambda: from_elsewhere(docker_platform, ASK, port).returncode == 0)
        assert "timed out" in from_elsewhere(docker_platform, ASK, port).stderr
