"""The pages people open: this week, the page of a date, my page, settings. No tables of its own."""

from datetime import datetime, timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from .. import clock
from ..accounts import service as accounts
from ..activities import service as activities
from ..actor import Actor
from ..calendar import agenda as agendas
from ..calendar import service as calendar
from ..errors import or_missing
from ..ledger import attended
from ..ledger import service as ledger
from ..ledger.counting import Record, sum_up
from ..ledger.states import EntryKind
from ..notices import service as notices
from ..signups import board, stand_ins
from ..signups.cards import Card
from ..signups.rules import NO_SHOW_COUNTS_FOR, NO_SHOWS, counting
from ..signups.states import ReaderState
from ..stars import service as ladders
from ..stars.rules import stars
from ..teams import service as teams
from ..web.access import leaders, members, the_actor
from . import telling
from . import today as leading
from .landmarks import LANDMARKS
from .rules import monday_of, pin_next

bp = Blueprint("home", __name__)
bp.record_once(lambda setup: setup.app.extensions.update(landmarks=LANDMARKS))

WEEK = timedelta(days=7)


@bp.get("/")
@members
def week() -> ResponseReturnValue:
    """This week: what is next on top, then day by day."""
    actor, now = the_actor(), clock.now()
    monday = monday_of(request.args.get("week", ""), clock.today(now, actor.zone))
    begin, end = (clock.day_bounds(day, actor.zone)[0] for day in (monday, monday + WEEK))
    this_week = begin <= now < end
    next_card, others = _list_cards(actor, begin, end, now, pin=this_week)
    return render_template(
        "home/week.html",
        next_card=next_card,
        days=clock.by_day(others, actor.zone),
        this_week=this_week,
        **{"monday": monday, "previous": monday - WEEK, "following": monday + WEEK},
        coming=board.count_dates(actor, end, end + WEEK) if not others else 0,
        for_group=telling.list_for_group([next_card, *others], begin, end) if actor.leads else [],
    )


def _list_cards(
    actor: Actor, begin: datetime, end: datetime, now: datetime, *, pin: bool
) -> tuple[Card | None, list[Card]]:
    """The dates within [begin, end); pin: the actor's own next one, whenever it is, apart from them."""
    cards = attended.list_cards(actor, begin, end, now, own=int(pin))
    return pin_next(cards, now) if pin else (None, cards)


@bp.get("/occurrences/<id:occurrence_id>")
@members
def show_occurrence(occurrence_id: int) -> ResponseReturnValue:
    """The page of a date."""
    actor, now = the_actor(), clock.now()
    occurrence = activities.get_occurrence_for(actor, occurrence_id)
    card = or_missing(attended.find_card(actor, occurrence_id, now))
    elsewhere = board.list_needy(actor, card, now) if card.standing.state is ReaderState.FULL else []
    return render_template(
        "home/occurrence.html",
        occurrence=occurrence,
        activity=occurrence.activity,
        card=card,
        elsewhere=elsewhere,
        telling=telling.text_of(actor, occurrence, card, now),
    )


@bp.get("/today")
@leaders
def today() -> ResponseReturnValue:
    """The leader's home: who is missing, what waits for an answer, what is short of people, whom to call."""
    return render_template("home/today.html", today=leading.look(the_actor(), clock.now()))


@bp.get("/short")
@leaders
def list_short() -> ResponseReturnValue:
    """Dates of the next two weeks with fewer people than is safe."""
    actor, now = the_actor(), clock.now()
    return render_template("home/short.html", short=board.list_short(actor, now, now + 2 * WEEK))


@bp.get("/me")
@members
def me() -> ResponseReturnValue:
    """What is new, my next dates, hours, stars and last records."""
    actor, now = the_actor(), clock.now()
    records = ledger.list_records(actor, now)
    hours = sum_up(records, now, actor.zone)
    steps = ladders.steps_on(actor.team_id, clock.today(now, actor.zone))
    return render_template(
        "home/me.html",
        notices=notices.list_newest(actor, now),
        stand_ins=stand_ins.list_mine(actor, now),
        coming=attended.list_own_cards(actor, now, 20, records),
        hours=hours,
        stars=stars(hours.total, steps),
        steps=steps,
        **_in_short(records, now),
    )


def _in_short(records: list[Record], now: datetime) -> dict[str, object]:
    """The last records, and the no-shows that count. forgotten: when the oldest of them counts no more."""
    missed = counting((one.starts_at for one in records if one.attendance.kind is EntryKind.NO_SHOW), now)
    forgotten = missed[0] + NO_SHOW_COUNTS_FOR if missed else None
    no_shows = {"missed": len(missed), "most_missed": NO_SHOWS, "forgotten": forgotten}
    return {"records": records[:5], "more": max(0, len(records) - 5), **no_shows}


@bp.get("/me/agenda")
@members
def agenda() -> ResponseReturnValue:
    """My dates of a month, as a sheet and as a list; the same ones as in my calendar."""
    actor, today = the_actor(), clock.today(clock.now(), the_actor().zone)
    month = agendas.month_of(request.args.get("month", ""), today)
    after = agendas.next_month(month)
    entries = agendas.list_own(actor, month, after)
    return render_template(
        "home/agenda.html",
        month=month,
        before=agendas.month_before(month),
        after=after,
        today=today,
        weeks=agendas.weeks_of(month, entries, actor.zone),
        days=clock.by_day(entries, actor.zone),
    )


@bp.get("/me/settings")
@members
def settings() -> ResponseReturnValue:
    """Calendars to subscribe to, language, password, devices, teams."""
    actor = the_actor()
    return render_template(
        "home/settings.html",
        feeds=calendar.list_addresses_for(actor),
        devices=accounts.list_devices_for(actor.person_id),
        links=accounts.list_links_for(actor.person_id),
        teams=teams.list_teams_for(actor.person_id),
    )
