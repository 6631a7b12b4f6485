"""Somebody holds what all need for twenty seconds; the others go on reading."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests import waiting

pytestmark = pytest.mark.soak

SECONDS = 20


def test_pages_and_calendars_go_on_for_twenty_seconds_while_twenty_posts_wait(
    app: Flask, say: Callable[[str], None]
) -> None:
    evening = waiting.spend(app, SECONDS)
    done, refused = evening.ended(303), evening.ended(503)
    (first, at_first), (later, at_later) = evening.slowest_look(), evening.slowest_look(since=3)
    say(
        f"held for {SECONDS} s: {len(evening.looks)} looks, the slowest {first:.2f} s ({at_first}), from the third "
        f"second on {later:.2f} s ({at_later}); {len(refused)} posts of {waiting.POSTS} told to come back after "
        f"{max(answer.seconds for answer in refused):.1f} s at the most, {len(done)} done after "
        f"{max(answer.seconds for answer in done):.1f} s"
    )
    waiting.check(evening)
