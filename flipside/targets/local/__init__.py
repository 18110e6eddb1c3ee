"""The local target: a platform as an ordinary user, on this very machine."""
