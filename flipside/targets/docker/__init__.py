"""The docker target: a platform in a container that has an init of its own."""
