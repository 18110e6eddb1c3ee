"""Secrets: values that lie encrypted in the platform's folder, and that only their recipients open."""
