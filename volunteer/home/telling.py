"""Which text a group is told of a date, and of a week; the texts themselves are in `notices.shares`. Reads only."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ..activities.models import Occurrence
from ..actor import Actor
from ..ledger import balances
from ..notices import shares
from ..notices.shares import Dated, Share
from ..signups import board
from ..signups.cards import Card
from ..web.addresses import landmark, public_url

NEWS_FOR = timedelta(hours=48)
"""So long after a change a group is told of it, and not of free places."""


def text_of(actor: Actor, occurrence: Occurrence, card: Card, now: datetime) -> tuple[Share, str] | None:
    """What to tell a group of a date now; None where there is nothing to tell, and of what is private."""
    what = None if card.private else _what(actor, occurrence, card, now)
    if what is None:
        return None
    said: dict[str, object] = {"free": card.free, "by_draw": card.undrawn}
    if what in (Share.MOVED, Share.CANCELLED):
        was = {"was": occurrence.was_starts_at, "was_place": occurrence.was_place}
        said = {"reason": occurrence.reason, **(was if what is Share.MOVED else {})}
    elif what is Share.THANKS:
        said = _figures(occurrence, now)
    else:
        said |= {"meeting": occurrence.meeting, "bring": occurrence.bring}
    link = public_url(landmark("date"), occurrence_id=card.id)
    return what, shares.text(what, actor.team_name, card, link, **said)


def _what(actor: Actor, occurrence: Occurrence, card: Card, now: datetime) -> Share | None:
    if card.over:
        return Share.THANKS if actor.leads and not card.cancelled else None
    is_news = occurrence.news_at is not None and now < occurrence.news_at + NEWS_FOR
    if card.cancelled:
        return Share.CANCELLED
    if is_news:
        return Share.MOVED if occurrence.was_starts_at or occurrence.was_place else Share.RESTORED
    return Share.NEW if card.free and not card.begun else None


def _figures(occurrence: Occurrence, now: datetime) -> dict[str, object]:
    """Who came, and the service they gave within the plan."""
    said = balances.attendance_of([line.signup_id for line in board.list_roster(occurrence, now)])
    here = [one for one in said.values() if one.present]
    return {"people": len(here), "minutes": sum(one.claimed for one in here if one.counts)}


def list_for_group(cards: Iterable[Card | None], begin: datetime, end: datetime) -> list[tuple[Dated, int, bool]]:
    """Of a week [begin, end) the dates still to come, in order of time, with their places."""
    coming = {card.id: card for card in cards if card and begin <= card.starts_at < end}.values()
    ahead = [card for card in coming if not (card.begun or card.cancelled or card.private)]
    return [(card, card.free, card.undrawn) for card in sorted(ahead, key=lambda card: card.starts_at)]
