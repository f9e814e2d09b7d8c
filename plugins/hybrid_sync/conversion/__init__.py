"""What the desktop's driver gave -> the target's column types, in bulk: exact, or rejected with a reason.

A value is never cut or rounded, and never fails its table. What "exact" means for a type is said in its module:
`whole_numbers`, `decimals`, `floats`, `booleans`, `texts`, `moments`, `others`.
"""

from hybrid_sync.conversion.batch import ROW_NUMBER, Conversion, Converted, Reject

__all__ = ["ROW_NUMBER", "Conversion", "Converted", "Reject"]
