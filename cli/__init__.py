"""The `loglake` command."""
