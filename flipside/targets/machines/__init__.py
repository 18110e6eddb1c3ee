"""What a target hands back: something to run commands on and to put files on."""
