"""Airflow operators, one verb a file: they unpack the context once and call the package's plain functions."""
