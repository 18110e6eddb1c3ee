"""Platforms on machines with systemd: what the targets `host`, `docker` and `vagrant` share."""
