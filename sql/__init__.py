"""Athena SQL, one file each: `views/` is what people ask. `sql.render` fills in what `lake.toml` decides."""
