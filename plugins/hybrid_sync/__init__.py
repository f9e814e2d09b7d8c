"""Hybrid Sync: a desktop database's rows, carried into the Postgres that a phone app also writes."""
