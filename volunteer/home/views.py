"""The pages people open: this week, the page of a date, my page, settings. No tables of its own."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from .. import clock
from ..accounts import service as accounts
from ..activities import public
from ..activities import service as activities
from ..activities.models import Occurrence
from ..actor import Actor
from ..calendar import agenda as agendas
from ..calendar import service as calendar
from ..calendar.rules import DateEntry, without_contacts
from ..checkin import lending
from ..checkin.rules import may_come_late
from ..errors import or_missing
from ..ledger import records
from ..notices import service as notices
from ..notices.events import Event
from ..schedule.changes import may_see_phones
from ..signups import board, hurdles, stand_ins
from ..signups.cards import Card
from ..signups.rules import NO_SHOW_COUNTS_FOR, NO_SHOWS, terms, that_count
from ..signups.states import ReaderState
from ..stars import service as ladders
from ..stars.rules import stars
from ..teams import service as teams
from ..web.access import leaders, members, the_actor, visitor
from ..web.addresses import page_at
from ..words import one_line
from . import telling
from . import today as leading
from .landmarks import BELONG, CHECK_IN, LANDMARKS, NAMES, UP, Way, tab_of
from .rules import monday_of, pin_next

bp = Blueprint("home", __name__)
bp.record_once(lambda setup: setup.app.extensions.update(landmarks=LANDMARKS, belong=BELONG))
bp.add_app_template_filter(without_contacts)

WEEK = timedelta(days=7)


def way_from(endpoint: str, values: Mapping[str, Any]) -> Way:
    """Where the page at this endpoint stands. values: of its address; the page above has some of them too."""
    page = BELONG.get(endpoint, endpoint)
    if page in CHECK_IN and (actor := visitor()) and actor.checks_in:
        return Way(CHECK_IN[0])
    above = UP.get(page)
    return Way(tab_of(above), page_at(above, values), str(NAMES[above])) if above else Way(endpoint)


bp.add_app_template_global(way_from)


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
    cards = records.list_cards(actor, begin, end, now, own=int(pin))
    return pin_next(cards, now) if pin else (None, cards)


@bp.get("/occurrences/<id:occurrence_id>")
@members
def show_occurrence(occurrence_id: int) -> ResponseReturnValue:
    """The page of a date: what it is, what its reader can do about it, who else comes, whom to call."""
    actor, now = the_actor(), clock.now()
    occurrence = activities.get_occurrence_for(actor, occurrence_id)
    card = or_missing(records.find_card(actor, occurrence_id, now))
    elsewhere = board.list_needy(actor, card, now) if card.standing.state is ReaderState.FULL else []
    shown = {"occurrence": occurrence, "activity": occurrence.activity, "card": card, "elsewhere": elsewhere}
    shown["changed_by"] = accounts.name_of(occurrence.news_by_id) if card.news_at else ""
    shown["keeps"] = occurrence.lent_to_id == actor.person_id and lending.keeps_list(actor, occurrence_id, now)
    is_here = card.standing.state is ReaderState.CHECKED_IN
    shown["comes_late"] = card.signup_ids and not is_here and may_come_late(card.starts_at, card.ends_at, now)
    shown["telling"] = telling.text_of(actor, occurrence, card, now)
    return render_template("home/occurrence.html", **shown, **_find_people(actor, occurrence, card, now))


def _find_people(actor: Actor, occurrence: Occurrence, card: Card, now: datetime) -> dict[str, object]:
    """Who else comes, but to what is private; and the leader, with a number only as long as it may be called."""
    activity = occurrence.activity
    may_call = bool(card.signup_ids) and may_see_phones(card.starts_at, card.ends_at, now)
    leader = teams.find_member(actor.team_id, activity.responsible_id) if may_call and activity.responsible_id else None
    peers = [] if activity.kind.private else board.list_peers(occurrence.id)
    return {"peers": peers, "phone": leader.phone if leader and leader.person_id != actor.person_id else None}


@bp.get("/p/<uuid:public_id>")
def show_public_date(public_id: UUID) -> ResponseReturnValue:
    """A public date, for anybody: when, where, what to bring, for whom, how to join; nobody's name."""
    date = public.get(public_id)
    g.zone = date.zone
    its = terms(date.starts_at, date.opens_before, date.deadline_before, date.min_age, date.requirements)
    return render_template("home/public_date.html", date=date, terms=its, shut=its.shut(clock.now()))


@bp.get("/t/<slug>")
def show_team(slug: str) -> ResponseReturnValue:
    """A team's public dates, for anybody, and the calendar of them."""
    team = or_missing(teams.find_team(one_line(slug)))
    g.zone = team.zone
    dates, feed = public.list_coming(team.id, clock.now()), calendar.find_public_address(team.id)
    return render_template("home/team.html", team=team, days=clock.by_day(dates, team.zone), feed=feed)


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
    last = records.list_last(actor, now, 5)
    steps = ladders.steps_on(actor.team_id, clock.today(now, actor.zone))
    return render_template(
        "home/me.html",
        notices=notices.list_newest(actor, now),
        stand_ins=stand_ins.list_mine(actor, now),
        coming=records.list_own_cards(actor, now, 20),
        last=last,
        stars=stars(last.hours.total, steps),
        steps=steps,
        **_missed(actor, now),
    )


def _missed(actor: Actor, now: datetime) -> dict[str, object]:
    """The no-shows that count. forgotten: when the oldest of them counts no more."""
    missed = that_count(hurdles.list_missed(actor), now)
    forgotten = missed[0] + NO_SHOW_COUNTS_FOR if missed else None
    return {"missed": len(missed), "most_missed": NO_SHOWS, "forgotten": forgotten}


@bp.get("/me/agenda")
@members
def agenda() -> ResponseReturnValue:
    """My dates of a month, as a sheet and as a list; the same ones as in my calendar."""
    actor, now = the_actor(), clock.now()
    today = clock.today(now, actor.zone)
    month = agendas.month_of(request.args.get("month", ""), today)
    after = clock.next_month(month)
    entries = agendas.list_own(actor, month, after)
    return render_template(
        "home/agenda.html",
        month=month,
        before=agendas.month_before(month),
        after=after,
        today=today,
        weeks=agendas.weeks_of(month, entries, actor.zone),
        days=clock.by_day(entries, actor.zone),
        cards=_find_cards(actor, entries, now),
    )


def _find_cards(actor: Actor, entries: list[DateEntry], now: datetime) -> dict[int, Card]:
    """Of these dates of the actor's in all their teams, by id: what each is to them, or became."""
    if not entries:
        return {}
    begin, end = entries[0].starts_at - 2 * clock.DAY, entries[-1].ends_at  # a position may begin after its date
    there = [replace(actor, team_id=team.id, zone=team.zone) for team in teams.list_teams_for(actor.person_id)]
    return {card.id: card for one in there for card in records.list_cards(one, begin, end, now)}


@bp.get("/me/settings")
@members
def settings() -> ResponseReturnValue:
    """Calendars to subscribe to, language, what one hears of, password, devices, teams."""
    actor = the_actor()
    return render_template(
        "home/settings.html",
        feeds=calendar.list_addresses_for(actor),
        devices=accounts.list_devices_for(actor.person_id),
        links=accounts.list_links_for(actor.person_id),
        teams=teams.list_teams_for(actor.person_id),
        unnamed=accounts.is_unnamed(actor.person_id),
        hearing=notices.hearing_for(actor.person_id),
        choices=Event.choices(actor.leads),
    )
