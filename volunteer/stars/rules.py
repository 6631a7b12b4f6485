"""The star ladder: how many stars some hours make, and what the next one takes. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

DEFAULT_STEPS = (100, 300, 600, 1000, 1500)
"""Hours for one to five stars, the customary ladder of star-rated volunteers."""


@dataclass(frozen=True)
class Stars:
    """Where somebody stands. next_step: hours the next star takes, None at the top; missing: minutes to it."""

    level: int
    of: int
    minutes: int
    next_step: int | None
    missing: int


def stars(minutes: int, steps: Sequence[int]) -> Stars:
    """Stars for so many service minutes on a ladder of ascending hours; reaching a step is enough."""
    level = sum(minutes >= hours * 60 for hours in steps)
    next_step = steps[level] if level < len(steps) else None
    missing = next_step * 60 - minutes if next_step is not None else 0
    return Stars(level, len(steps), minutes, next_step, missing)
