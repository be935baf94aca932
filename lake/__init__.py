"""What AddAPart, the jobs and the command share: settings, names of objects, the books, clients. No Spark."""
