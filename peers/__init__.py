"""One small story, lived through by this package and by other tools that write to PostgreSQL: `make peers`."""
