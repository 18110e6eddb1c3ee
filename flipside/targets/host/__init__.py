"""The target `host`: a machine that ssh reaches."""
