"""A run's extract in the cloud: copied into a typed table of its own, and cleared of every row that cannot be merged.

What cannot be merged is kept in `hybrid_sync.reject`, row by row with the reason. Found while the values are converted:
what the type cannot hold, and NULL where a value is needed. Found by SQL afterwards: texts that only the cloud can
read, CHECK constraints and domains, repeated keys, orphans of foreign keys. A row that is rejected for itself takes no
part in the search for repeated keys, and is nobody's parent.
"""

from hybrid_sync.staging.concluding import Origin, Staged
from hybrid_sync.staging.loading import drop, load
from hybrid_sync.staging.parts import PartsLost, StagedPart, forget_parts, gather, load_part, staged_parts
from hybrid_sync.staging.stage import relation_name

__all__ = [
    "Origin",
    "PartsLost",
    "Staged",
    "StagedPart",
    "drop",
    "forget_parts",
    "gather",
    "load",
    "load_part",
    "relation_name",
    "staged_parts",
]
