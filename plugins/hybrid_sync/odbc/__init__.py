"""What the ODBC drivers do with a desktop's values, and how to read them without losing any. Used by `desktop`."""
