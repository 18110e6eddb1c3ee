"""The vagrant target: a platform on a machine that Vagrant makes."""
