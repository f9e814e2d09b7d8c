"""What would fail or harm later, named before anything is read: for every table at once, and again for each alone."""

from hybrid_sync.preflight.checking import Report, check
from hybrid_sync.preflight.desktop_side import DesktopSide, Look, look_at
from hybrid_sync.preflight.facts import TableFacts, read_facts, read_table
from hybrid_sync.preflight.listing import as_table, count_lines, summary
from hybrid_sync.preflight.server import free_bytes
from hybrid_sync.preflight.tables import Checked, check_table

__all__ = [
    "Checked",
    "DesktopSide",
    "Look",
    "Report",
    "TableFacts",
    "as_table",
    "check",
    "check_table",
    "count_lines",
    "free_bytes",
    "look_at",
    "read_facts",
    "read_table",
    "summary",
]
