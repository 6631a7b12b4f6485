"""What the check of the places notices."""

from flask import Flask
from sqlalchemy import select

from tests.make import make_date, make_leader, make_member, make_team, sign_up
from volunteer import clock
from volunteer.signups import jobs, stand_ins
from volunteer.signups.models import Signup, StandIn
from volunteer.signups.states import Asked, Status
from volunteer.storage.database import db, write


def test_the_check_names_an_offer_that_never_ends_and_a_place_offered_to_two(app: Flask) -> None:
    team = make_team()
    alice, bob, occurrence = make_member(team), make_member(team, "Bob"), make_date(make_leader(team))
    sign_up(alice, occurrence)
    occurrence_id = occurrence.id
    asked = write(lambda: stand_ins.ask(alice.actor, occurrence_id, clock.now()))
    again = {name: getattr(asked, name) for name in ("team_id", "signup_id", "asked_at", "until")}
    write(lambda: db.session.add(StandIn(asked_id=bob.id, state=Asked.DECLINED, **again)))
    assert jobs.check(clock.now()) == []

    write(
        lambda: setattr(db.session.scalars(select(StandIn).order_by(StandIn.id.desc())).first(), "state", Asked.ASKED)
    )
    write(lambda: setattr(db.session.scalars(select(Signup)).one(), "status", Status.OFFERED))
    assert jobs.check(clock.now()) == [
        f"sign-up {asked.signup_id}: an offer without an end, or an end without an offer",
        f"sign-up {asked.signup_id}: several people are asked to stand in at once",
    ]
