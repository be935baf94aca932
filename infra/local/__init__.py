"""The embedded AWS: a whole lake on one machine."""
