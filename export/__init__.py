"""Bulk export: a table, a view or a query, day by day, as files with a manifest; and afterwards what changed.

`source` says what a day is made of, `books` what an export wrote, `place` where, `files` how; `run` does it.
Of jobs/ and cli/ nothing is imported here; awswrangler neither: what runs UNLOAD is an argument.
"""
