"""A folder for PYTHONPATH: Python runs its `sitecustomize` at start, so that every Python child is guarded."""
