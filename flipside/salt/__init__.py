"""Our side of Salt: its configuration, its keys, and what is sent to a machine."""
