"""Who may do what, beyond the role a page asks for: every question of the rooms' rules, case by case."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from volunteer.actor import Actor, Role
from volunteer.calendar.rules import may_choose_names, may_end_address, may_read_who_comes
from volunteer.clock import WorkingDays
from volunteer.ledger.rules import may_decide_about, may_mark, may_mark_at_any_time
from volunteer.signups.rules import may_decide_for
from volunteer.teams.rules import may_grant, may_hand_link

VOLUNTEER, LEADER, ADMINISTRATOR = Role
MONDAY = datetime(2026, 11, 2, 4, tzinfo=UTC)


def actor(role: Role) -> Actor:
    return Actor(1, 1, "Lea", "en", 1, "Team", "Asia/Shanghai", role)


@dataclass(frozen=True)
class Somebody:
    role: Role
    other_teams: int = 0


@pytest.mark.parametrize(
    ("maker", "reached"),
    [(VOLUNTEER, set()), (LEADER, {VOLUNTEER}), (ADMINISTRATOR, {VOLUNTEER, LEADER})],
)
def test_a_link_lets_nobody_in_as_somebody_above_its_maker(maker: Role, reached: set[Role]) -> None:
    assert {role for role in Role if may_hand_link(maker, Somebody(role))} == reached
    assert not any(may_hand_link(maker, Somebody(role, other_teams=1)) for role in Role)


@pytest.mark.parametrize(
    ("grantor", "given"), [(LEADER, {VOLUNTEER, LEADER}), (ADMINISTRATOR, set(Role)), (None, set(Role))]
)
def test_nobody_makes_somebody_more_than_they_are(grantor: Role | None, given: set[Role]) -> None:
    assert {role for role in Role if may_grant(grantor, role)} == given


def test_who_comes_is_for_leaders_and_names_and_the_public_address_for_administrators() -> None:
    assert [may_read_who_comes(role) for role in Role] == [False, True, True]
    assert [may_choose_names(role) for role in Role] == [False, False, True]
    assert [may_end_address(role, is_public=True) for role in Role] == [False, False, True]
    assert all(may_end_address(role, is_public=False) for role in Role)


@pytest.mark.parametrize(("person", "missed", "may"), [(1, 0, True), (1, 3, False), (2, 3, True), (None, 3, True)])
def test_nobody_says_yes_to_themselves_after_three_no_shows(person: int | None, missed: int, may: bool) -> None:
    assert may_decide_for(actor(ADMINISTRATOR), person, missed) is may


@pytest.mark.parametrize("role", Role)
def test_everybody_has_a_say_in_every_attendance_but_their_own(role: Role) -> None:
    assert [may_decide_about(actor(role), person) for person in (1, 2, None)] == [False, True, True]


def test_after_ten_working_days_only_an_administrator_marks() -> None:
    days = WorkingDays({})
    fortnight, later = MONDAY + timedelta(days=14), MONDAY + timedelta(days=15)
    assert [may_mark(actor(LEADER), MONDAY, now, days) for now in (MONDAY, fortnight, later)] == [True, True, False]
    assert may_mark(actor(ADMINISTRATOR), MONDAY, later, days)
    assert [may_mark_at_any_time(actor(role)) for role in Role] == [False, False, True]
