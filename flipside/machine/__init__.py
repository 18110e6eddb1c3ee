"""What runs on a machine: the standard library and `flipside.errors`, nothing else."""
