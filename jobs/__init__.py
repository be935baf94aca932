"""The Glue jobs: one module a source of logs (bytes to rows), and the one way they all go: plan, land, publish."""
