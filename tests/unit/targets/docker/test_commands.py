"""What we ask of Docker, word by word."""

from __future__ import annotations

from pathlib import Path

from flipside.targets.docker import commands


def test_image_is_built_from_standard_input_with_this_machines_network_and_proxies() -> None:
    assert commands.build("flipside-machine:1", "machine", {"https_proxy": "p", "HOME": "/"}) == [
        *("docker", "build", "--force-rm", "--network", "host", "--build-arg", "https_proxy"),
        *("--target", "machine", "--tag", "flipside-machine:1", "-"),
    ]


def test_container_is_known_by_its_folder_and_listens_on_the_loopback_alone() -> None:
    assert commands.create("flipside-a-1", "a", "flipside-machine:1", Path("/home/a"), 8080) == [
        *("docker", "create", "--name", "flipside-a-1", "--hostname", "a"),
        *("--label", "flipside.folder=/home/a", "--publish", "127.0.0.1:8080:80"),
        *("--restart", "unless-stopped", "--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN"),
        *("--security-opt", "apparmor=unconfined", "--cgroupns", "host"),
        *("--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw", "flipside-machine:1"),
    ]


def test_container_is_started_stopped_and_removed_by_name() -> None:
    assert commands.start("a") == ["docker", "start", "a"]
    assert commands.stop("a") == ["docker", "stop", "-t", "90", "a"]
    assert commands.remove("a") == ["docker", "rm", "--force", "--volumes", "a"]


def test_containers_of_a_folder_are_listed() -> None:
    filtered = ["--filter", "label=flipside.folder=/home/a"]
    asked = commands.of_folder(Path("/home/a"))
    assert asked == ["docker", "ps", "--all", *filtered, "--format", "{{.Names}}"]


def test_container_is_looked_into() -> None:
    assert commands.inspect("a") == ["docker", "container", "inspect", "a"]
    assert commands.execute("a", ["ls", "-l"]) == ["docker", "exec", "a", "ls", "-l"]
    assert commands.copy_out("a", "/x", Path("/y")) == ["docker", "cp", "a:/x", "/y"]


def test_engine_and_image_are_asked_for() -> None:
    assert commands.version() == ["docker", "version", "--format", "{{.Server.Version}}"]
    assert commands.has_image("a:1") == ["docker", "image", "inspect", "--format", "{{.Id}}", "a:1"]
