"""Python imports this at start from any folder on PYTHONPATH: see infra/local/hermetic.py."""

import loopback_only  # type: ignore[import-not-found]

loopback_only.install()
