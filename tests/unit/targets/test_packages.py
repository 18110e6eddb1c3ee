"""Debian packages: what is missing, the command that brings it, and the daemons that stay silent."""

import os
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from flipside.errors import FlipsideError
from flipside.targets import packages
from flipside.targets.packages import SCRIPT, Package

NGINX = Package("nginx", "answers the browser", "nginx")
CACHE = Package("memcached", "is the cache", "memcached")


def program(folder: Path, name: str, text: str = "") -> Path:
    """Put a shell program on a folder that serves as PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_missing_are_those_without_their_program(tmp_path: Path) -> None:
    """A program anywhere on the path counts as there."""
    program(tmp_path, "nginx")
    assert packages.missing([NGINX, CACHE], path=str(tmp_path)) == [CACHE]


def test_missing_looks_where_daemons_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An ordinary user's PATH lacks sbin, and the daemon is found all the same."""
    program(tmp_path / "sbin", "nginx")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(packages, "FOLDERS", (str(tmp_path / "sbin"),))
    assert packages.missing([NGINX, CACHE]) == [CACHE]


def test_every_needed_package_says_why() -> None:
    """The reason reads as a sentence after "it"."""
    assert all(package.why[0].islower() for package in packages.NEEDED)


def test_command_of_root() -> None:
    """Root runs the script itself."""
    assert packages.install_command([NGINX, CACHE]) == ["sh", str(SCRIPT), "nginx", "memcached"]


def test_command_of_a_user() -> None:
    """Everybody else goes through sudo."""
    command = packages.install_command([NGINX], ["sudo", "-n"], {"HOME": "/home/ann"})
    assert command == ["sudo", "-n", "sh", str(SCRIPT), "nginx"]


def test_command_takes_the_proxy_past_sudo() -> None:
    """What sudo forgets, apt needs."""
    command = packages.install_command([NGINX], ["sudo"], {"http_proxy": "http://proxy:3128"})
    assert command == ["sudo", "env", "http_proxy=http://proxy:3128", "sh", str(SCRIPT), "nginx"]


def test_nothing_to_install_says_nothing() -> None:
    """A second bootstrap is silent."""
    said: list[str] = []
    packages.install([], said.append)
    assert said == []


def test_without_apt_the_programs_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On another distribution the user installs them in its own way."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FlipsideError, match="lacks nginx, memcached"):
        packages.install([NGINX, CACHE], print)


def test_without_sudo_root_is_told_what_to_type(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The command does the same as ours would, silent daemons included."""
    program(tmp_path, "apt-get")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(FlipsideError) as caught:
        packages.install([NGINX], print)
    assert caught.value.next is not None
    assert shlex.split(shlex.split(caught.value.next)[2]) == ["sh", str(SCRIPT), "nginx"]


def test_sudo_that_asks_where_nobody_can_type(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No prompt hangs in continuous integration."""
    program(tmp_path, "apt-get")
    program(tmp_path, "sudo", "exit 1")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(packages, "has_terminal", lambda: False)
    with pytest.raises(FlipsideError) as caught:
        packages.install([NGINX], print)
    assert caught.value.next == f"sudo sh {shlex.quote(str(SCRIPT))} nginx"


def test_failure_shows_the_last_lines_of_apt(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What apt said is what helps."""
    program(tmp_path, "apt-get")
    program(tmp_path, "sudo", '[ "$2" = true ] || { echo "E: disk full"; exit 100; }')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    absent = Package("absent", "is not there", "no-such-program")
    with pytest.raises(FlipsideError, match="did not install absent\n    E: disk full"):
        packages.install([absent], lambda _line: None)


class Debian:
    """A machine made of files: apt "installs" a daemon by leaving its unit, and asks the policy first."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.policy = self.root / "usr/sbin/policy-rc.d"
        self.log = folder / "log"
        self.units = self.root / "lib/systemd/system"
        for made in [self.policy.parent, self.units, self.root / "var/lib/dpkg"]:
            made.mkdir(parents=True)
        self.tools = folder / "tools"
        for name in ["update-rc.d", "deb-systemd-helper", "systemctl", "dpkg", "dpkg-query"]:
            program(self.tools, name, f'echo {name} "$@" >>{self.log}')
        self.apt()

    def unit(self, name: str) -> None:
        """Have a daemon that was here before."""
        (self.units / f"{name}.service").touch()

    def apt(self, more: str = "") -> None:
        """Let apt bring nginx and upgrade what runs, asking whether either may start."""
        program(
            self.tools,
            "apt-get",
            f"""case "$*" in *" -s install"*) exit 0 ;; esac
            touch {self.units}/nginx.service
            for name in nginx.service postgresql; do
                if {self.policy} $name start; then echo started $name; else echo denied $name; fi >>{self.log}
            done
            {more}""",
        )

    @property
    def noted(self) -> Path:
        """The list of packages that were brought."""
        return self.root / "noted"

    def command(self) -> dict[str, object]:
        """What starts the script on this machine."""
        path = f"{self.tools}:/usr/bin:/bin"
        env = {
            "PATH": path,
            "FLIPSIDE_DEBIAN": str(self.root),
            "FLIPSIDE_PACKAGES": str(self.noted),
        }
        return {"args": ["sh", str(SCRIPT), "nginx"], "env": env}

    def install(self) -> int:
        """Run the script; return its exit status."""
        return subprocess.run(**self.command(), capture_output=True, check=False).returncode  # type: ignore[call-overload,no-any-return]

    def said(self) -> list[str]:
        """What the tools were asked, in order."""
        return self.log.read_text().splitlines()


@pytest.fixture
def debian(tmp_path: Path) -> Debian:
    """A machine with a PostgreSQL of the user's."""
    debian = Debian(tmp_path)
    debian.unit("postgresql")
    return debian


def test_new_daemons_neither_start_nor_stay_enabled(debian: Debian) -> None:
    """What apt brings is silent, and what the user had restarts as ever."""
    assert debian.install() == 0
    assert debian.said() == [
        "denied nginx.service",
        "started postgresql",
        "update-rc.d nginx disable",
        "deb-systemd-helper disable nginx.service",
        *(
            ["systemctl disable --now nginx.service"]
            if Path("/run/systemd/system").is_dir()
            else []
        ),
    ]
    assert not debian.policy.exists()


def test_daemons_of_the_user_are_not_touched(debian: Debian) -> None:
    """A web server that was here before goes on, enabled."""
    debian.unit("nginx")
    assert debian.install() == 0
    assert debian.said() == ["started nginx.service", "started postgresql"]


def test_new_packages_are_noted_before_they_come(debian: Debian) -> None:
    """An upgrade of what was there is none, and what a run before noted stays."""
    debian.noted.write_text("libold\n")
    simulated = 'echo "Inst libnew (1.0 Debian)"; echo "Inst nginx [0.9] (1.0 Debian)"; exit 0'
    program(
        debian.tools,
        "apt-get",
        f'case "$*" in *" -s install"*) {simulated} ;; esac; cp {debian.noted} {debian.log}',
    )
    assert debian.install() == 0
    assert debian.said()[:2] == ["libold", "libnew"]


def test_daemons_of_a_run_that_was_cut_stay_silent(debian: Debian) -> None:
    """Their units were there before this run, and are no more the user's than they were."""
    debian.unit("nginx")
    debian.noted.write_text("nginx-common\n")
    program(debian.tools, "dpkg", f'[ "$1" != -L ] || echo {debian.units}/nginx.service')
    assert debian.install() == 0
    assert debian.said()[:2] == ["denied nginx.service", "started postgresql"]


def test_packages_that_a_cut_left_half_made_are_finished_first(debian: Debian) -> None:
    """Apt refuses to work beside them."""
    status = debian.root / "var/lib/dpkg/status"
    status.write_text("Package: nginx\nStatus: install ok half-configured\n")
    assert debian.install() == 0
    assert debian.said()[0] == "dpkg --configure -a"


def test_policy_of_the_user_is_asked_and_comes_back(debian: Debian) -> None:
    """A policy that was here decides about the user's daemons, and stands there afterwards."""
    program(debian.policy.parent, debian.policy.name, "exit 101")
    assert debian.install() == 0
    assert debian.said()[:2] == ["denied nginx.service", "denied postgresql"]
    assert debian.policy.read_text() == "#!/bin/sh\nexit 101\n"
    assert list(debian.policy.parent.iterdir()) == [debian.policy]


def test_failure_leaves_no_policy(debian: Debian) -> None:
    """When apt fails, twice, the machine starts daemons as before."""
    debian.apt("exit 100")
    assert debian.install() == 100
    assert not debian.policy.exists()
    assert "deb-systemd-helper disable nginx.service" in debian.said()


def test_policy_of_a_killed_run_is_taken_away(debian: Debian) -> None:
    """Not even kill -9 makes ours permanent: the next run puts the user's back."""
    program(debian.policy.parent, debian.policy.name, "exit 0")
    debian.apt('kill -9 "$FLIPSIDE_TEST_PID"')
    killed = subprocess.Popen(
        ["sh", "-c", f'FLIPSIDE_TEST_PID=$$ exec sh "{SCRIPT}" nginx'],
        env=debian.command()["env"],  # type: ignore[arg-type]
    )
    assert killed.wait() == -signal.SIGKILL
    assert "Flipside" in debian.policy.read_text()
    debian.apt()
    assert debian.install() == 0
    assert debian.policy.read_text() == "#!/bin/sh\nexit 0\n"


def test_two_at_once_take_turns(debian: Debian) -> None:
    """The second of two bootstraps does not start what the first has just brought."""
    debian.apt("sleep 0.3")
    both = [subprocess.Popen(**debian.command()) for _ in range(2)]  # type: ignore[call-overload]
    assert [process.wait() for process in both] == [0, 0]
    assert debian.said().count("denied nginx.service") == 1
    assert not debian.policy.exists()


def test_ctrl_c_lets_apt_finish(debian: Debian) -> None:
    """An interrupt in the middle of dpkg would leave half a package."""
    debian.apt(f"touch {debian.root}/busy; sleep 0.5; echo finished >>{debian.log}")
    process = subprocess.Popen(**debian.command(), start_new_session=True)  # type: ignore[call-overload]
    while not (debian.root / "busy").exists():
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait() == 0
    assert "finished" in debian.said()
    assert not debian.policy.exists()
