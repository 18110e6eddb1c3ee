"""Which services a machine has."""

from __future__ import annotations

from pathlib import Path

from flipside.machine.layout import SYSTEMD, Layout
from flipside.machine.programs import Programs
from flipside.machine.services import services_of
from flipside.machine.units import Units


def test_programs_on_a_local_platform_and_units_elsewhere(layout: Layout) -> None:
    assert isinstance(services_of(layout, {}), Programs)
    other = Layout(Path("/srv/flipside"), Path("/run/flipside"), SYSTEMD)
    assert isinstance(services_of(other, {}), Units)
