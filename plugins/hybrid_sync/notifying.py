"""Tells people about a run that failed, is degraded or has conflicts, through any notifier of Airflow's.

`HYBRID_SYNC_NOTIFIER` is the dotted path of a notifier, `HYBRID_SYNC_NOTIFIER_KWARGS` its arguments as a JSON object,
`HYBRID_SYNC_NOTIFY_ON` the events that are told (default: all of them). In the arguments that the notifier renders, and
in the context that it is given, `hybrid_sync` holds `event`, `run_id`, `summary` and `tables` (table -> verdict):

    HYBRID_SYNC_NOTIFIER=airflow.providers.slack.notifications.slack_webhook.SlackWebhookNotifier
    HYBRID_SYNC_NOTIFIER_KWARGS={"text": "Hybrid Sync {{ hybrid_sync.event }}: {{ hybrid_sync.summary }}"}

A notice holds counts and names, never a row's values. One that cannot be sent is an error in the log and changes no
verdict.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib import import_module
from typing import Any

from hybrid_sync.errors import Unretryable

NOTIFIER, ARGUMENTS, EVENTS = "HYBRID_SYNC_NOTIFIER", "HYBRID_SYNC_NOTIFIER_KWARGS", "HYBRID_SYNC_NOTIFY_ON"

log = logging.getLogger(__name__)


class Event(StrEnum):
    """What a notice is about, the worst first."""

    FAILED = "failed"
    DEGRADED = "degraded"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notifier is told. `tables`: table -> verdict, those that were not selected left out."""

    event: Event
    run_id: str
    summary: str
    tables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Hook:
    """The notifier that the environment names. Its arguments may hold secrets: they are never logged."""

    path: str
    arguments: Mapping[str, Any]
    events: frozenset[Event]


def configured(environment: Mapping[str, str] = os.environ) -> Hook | None:
    """The notifier to use, or None. Raises Unretryable naming the variable that is wrong and what is valid."""
    path = environment.get(NOTIFIER)
    if not path:
        return None
    if not all(part.isidentifier() for part in path.split(".")) or "." not in path:
        raise Unretryable(
            f"{NOTIFIER} must be the dotted path of a notifier such as package.module.Class, not {path!r}"
        )
    try:
        arguments = json.loads(environment.get(ARGUMENTS) or "{}")
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise Unretryable(f'{ARGUMENTS} must be a JSON object of arguments such as {{"text": "..."}}')
    names = [name.strip() for name in (environment.get(EVENTS) or ",".join(Event)).split(",")]
    if strange := [name for name in names if name not in set(Event)]:
        raise Unretryable(f"{EVENTS} must name some of {', '.join(Event)}, with commas between, not {strange[0]!r}")
    return Hook(path, arguments, frozenset(Event(name) for name in names))


def event_of(*, failed: bool, rejects: int, conflicts: int) -> Event | None:
    """The worst that a run with so many rejects and conflicts has to tell."""
    if failed:
        return Event.FAILED
    if rejects:
        return Event.DEGRADED
    return Event.CONFLICT if conflicts else None


def tell(notice: Notice, context: Mapping[str, Any]) -> None:
    """Hand `notice` to the configured notifier, if there is one that wants its event. Raises nothing."""
    hook = configured()
    if hook is None or notice.event not in hook.events:
        return
    try:
        module, _, name = hook.path.rpartition(".")
        notifier = getattr(import_module(module), name)(**hook.arguments)
        notifier({**context, "hybrid_sync": asdict(notice)})
    except Exception as error:  # a notifier may raise anything, and its words may hold its secrets
        log.error("%s could not tell that the run is %s: %s", hook.path, notice.event, type(error).__name__)
    else:
        log.info("%s was told that the run is %s", hook.path, notice.event)
