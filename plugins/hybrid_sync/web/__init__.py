"""The page inside Airflow's UI: runs and their verdicts, open conflicts, rejects.

It reads the ledger and the registry and writes nothing. No page holds a row's values: it shows counts, kinds, reasons,
the numbers of rows and the values of key columns, and the SQL with which to look at the rows in the database.
"""
