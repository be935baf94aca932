"""Athena SQL, one file each: `views/` and `questions/`. `sql.render` fills in what `lake.toml` decides."""
