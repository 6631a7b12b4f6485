"""Goals, and the page that figures are written to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent.parent / "docs/bench.md"
LARGE = "## A large database"
INTRODUCTION = """# What it costs

Written by `make bench` (`LARGE=1`: with the large database, too) on {day}, on 2 shared cores with a load average of
{load:.1f} from other work. Absolute figures wander by a factor of two on such a machine, so every figure is a ratio to
a unit measured in the same run, in turns: the median of the rounds, of each the lower quartile of its calls. The unit
is an empty Flask route, called within the process, or over HTTP from 16 clients (gunicorn, 2 processes × 8 threads).
For writes it is one INSERT in one commit on one connection. What is wanted a second is 20 times the lists, 200 times
the feeds and 3 times the sign-ups of the fastest of five services like this one, measured on such a machine. There are
100 people, and 100 past dates with 1,000 sign-ups. Readers are logged in; pages are as sent without compression unless
it says gzip.
"""


@dataclass(frozen=True)
class Goal:
    """A figure is good up to it; or from it on, when more is better."""

    limit: float
    more_is_better: bool = False

    def verdict(self, value: float) -> str:
        met = value >= self.limit if self.more_is_better else value <= self.limit
        return f"{'≥' if self.more_is_better else '≤'} {self.limit:g} {'met' if met else '**not met**'}"


INSIDE = {
    "sqlite": {"week, 30 cards": Goal(25), "sign-up": Goal(35), "feed of 300, unchanged": Goal(6.5)},
    "postgresql": {"week, 30 cards": Goal(40), "sign-up": Goal(60), "feed of 300, unchanged": Goal(12)},
}
for goals in INSIDE.values():
    goals["today, 30 waiting"] = Goal(40)
OUTSIDE = {"week, 30 cards": Goal(9)}
A_SECOND = {
    "week, 205 dates": Goal(150, more_is_better=True),
    "feed of 300, unchanged": Goal(920, more_is_better=True),
    "sign-up": Goal(363, more_is_better=True),
}
"""20, 200 and 3 times what the fastest of five services like this one does on such a machine, with PostgreSQL and 16
clients: 7.5 lists of 205 dates, 4.6 feeds asked for again, 121 sign-ups a second."""
THROUGHPUT = {"sqlite": Goal(0.2, more_is_better=True), "postgresql": Goal(0.08, more_is_better=True)}
HOT_SHIFT = Goal(5)
CHECK_IN_MEDIAN, CHECK_IN_P95, CHECK_IN_ERRORS = Goal(3), Goal(10), Goal(0)
"""Times a sign-up of the same minute."""
STATEMENTS = {"week, 30 cards": Goal(4), "today, 30 waiting": Goal(6)}
GROWTH = Goal(1.1)


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Rows as Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def judged(goals: dict[str, Goal], name: str, value: float, form: Callable[[float], str] = "{:.1f}".format) -> str:
    """A figure with its goal, if it has one."""
    return form(value) + (f" ({goals[name].verdict(value)})" if name in goals else "")


def write(sections: list[str], large: list[str], day: date, load: float) -> None:
    """Write the page; what an earlier run said of the large database stays unless this one says it anew."""
    earlier = PAGE.read_text(encoding="utf-8").partition(LARGE)[2] if PAGE.exists() else ""
    about_large = "\n".join(large) if large else earlier.strip()
    text = "\n".join([INTRODUCTION.format(day=day, load=load), *sections])
    PAGE.write_text(text + (f"\n{LARGE}\n\n{about_large.strip()}\n" if about_large else ""), encoding="utf-8")
