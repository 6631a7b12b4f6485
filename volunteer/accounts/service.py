"""What can be done with people and their devices: set a password, log in, log out, come in by a link."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Row, delete, func, select, update
from werkzeug.security import check_password_hash, generate_password_hash

from ..actor import Actor, By
from ..errors import Refused, or_missing
from ..storage import audit
from ..storage.database import db, insert
from ..web import throttle, tokens
from ..web.throttle import Limit
from .models import Consent, Device, LinkKind, OneTimeLink, Person

PRIVACY_VERSION = "2026-11"
TRIES_BY_PHONE = 5
TRIES_BY_ADDRESS = 100
"""A village shares one address, so only failures count, and many of them."""


def hashed(password: str) -> str:
    """The scrypt hash to store. Takes about 60 ms: call it before the transaction begins."""
    return generate_password_hash(password)


@cache
def _nobodys_hash() -> str:
    return hashed(secrets.token_hex(8))


def find_by_phone(phone: str) -> Person | None:
    """The person with this number, open account or roster entry."""
    return db.session.scalar(select(Person).where(Person.phone == phone, Person.closed_at.is_(None)))


def name_of(person_id: int | None) -> str:
    """What somebody is called; nothing when there is nobody."""
    return db.session.scalar(select(Person.name).where(Person.id == person_id)) or ""


def limits(phone: str, address: str, known: str = "") -> tuple[Limit, ...]:
    """How often a log-in may be tried: with one number, and loosely from one address.

    A browser that is known to the number (see `access.known_here`) has tries of its own: nobody locks it out.
    """
    if known:
        return (Limit("known", known, TRIES_BY_PHONE, throttle.DAY),)
    return Limit("phone", phone, TRIES_BY_PHONE, throttle.DAY), Limit("address", address, TRIES_BY_ADDRESS)


def own_limit(person_id: int) -> Limit:
    """How often somebody logged in may guess the password."""
    return Limit("password", str(person_id), TRIES_BY_PHONE, throttle.DAY)


def too_many(turn: throttle.Turn) -> Refused:
    return Refused("Too many tries. Wait %(minutes)d minutes, or ask a leader for a log-in link.", minutes=turn.minutes)


def locked_out(turn: throttle.Turn) -> Refused:
    """To whoever is not known to the number here."""
    return Refused(
        "Too many tries. Wait %(minutes)d minutes, log in where you were logged in before, "
        "or ask a leader for a log-in link.",
        minutes=turn.minutes,
    )


def is_locked(phone: str, now: datetime) -> bool:
    """Do others have to wait before they try this number?"""
    return not throttle.look(limits(phone, "")[0], now).left


def find_by_password(phone: str, password: str) -> Person | None:
    """Whose number and password these are. Reads only; unknown numbers take as long as known ones."""
    person = find_by_phone(phone)
    return person if _matches(person, password) else None


def has_password(person_id: int, password: str) -> bool:
    """Is this the person's password? Reads only, and takes 60 ms: ask before the write begins."""
    return _matches(db.session.get_one(Person, person_id), password)


def _matches(person: Person | None, password: str) -> bool:
    stored = person.password_hash if person else None
    return check_password_hash(stored or _nobodys_hash(), password) and bool(stored)


def log_in(person_id: int, phone: str, address: str, label: str, now: datetime, known: str = "") -> str:
    """Log a device in after a right password, tried at `now`; the number's failures and this try are forgotten.

    On one known to the number, its own failures are. Returns the device's secret.
    """
    own, *by_address = limits(phone, address, known)
    throttle.forget(own)
    for limit in by_address:
        throttle.forget(limit, now)
    return add_device(person_id, label, now)


def add_device(person_id: int, label: str, now: datetime) -> str:
    """Log a phone or computer in. Returns the secret its cookie carries; only its digest is stored."""
    secret = secrets.token_urlsafe(24)
    db.session.add(Device(person_id=person_id, token_hash=tokens.digest(secret), label=label, created_at=now))
    return secret


def log_out(device_id: int, person_id: int) -> None:
    """Forget a device; it is logged out at its next request. Missing if it is not this person's."""
    gone = delete(Device).where(Device.id == device_id, Device.person_id == person_id).returning(Device.id)
    or_missing(db.session.scalar(gone))


def list_devices_for(person_id: int) -> list[Device]:
    """The person's logged-in devices, newest first."""
    mine = select(Device).where(Device.person_id == person_id).order_by(Device.id.desc())
    return list(db.session.scalars(mine))


def create_person(name: str, phone: str | None, password_hash: str | None, now: datetime) -> Person:
    """A new person. Refused when somebody has the number, even somebody who came at the same moment."""
    row = {"name": name, "phone": phone, "password_hash": password_hash, "created_at": now}
    new = insert(Person).values(row).on_conflict_do_nothing(index_elements=["phone"]).returning(Person)
    person: Person | None = db.session.scalar(new)
    if person is None:
        raise Refused("This phone number already belongs to somebody.", field="phone")
    return person


def find_or_create(name: str, phone: str, now: datetime) -> tuple[Person, bool]:
    """Whoever has this number, else a new person without a password; and whether they are new."""
    try:
        return create_person(name, phone, None, now), True
    except Refused:
        return or_missing(find_by_phone(phone)), False


def give_consent(person_id: int, now: datetime) -> None:
    """Record the consent to keep name, phone and service records, in today's wording."""
    db.session.add(Consent(person_id=person_id, purpose="account", text_version=PRIVACY_VERSION, given_at=now))


def end_links_for(person_id: int) -> None:
    """Let no log-in link made for this person work any longer."""
    live = (OneTimeLink.person_id == person_id, OneTimeLink.uses_left > 0)
    db.session.execute(update(OneTimeLink).where(*live).values(uses_left=0))


def address_of(link: OneTimeLink) -> str:
    """The token that stands in the link's address."""
    return tokens.seal(link.kind, link.public_id)


def find_link(token: str, kind: LinkKind, now: datetime, *, lock: bool = False) -> OneTimeLink | None:
    """The link behind a token; None when it is unknown, used up or too old. `lock` it to use it."""
    found = select(OneTimeLink).where(OneTimeLink.public_id == tokens.id_in(token), OneTimeLink.kind == kind)
    link = db.session.scalar(found.with_for_update() if lock else found)
    if link is None or not tokens.is_sealed(token, kind, link.public_id):
        return None
    return link if link.uses_left > 0 and link.expires_at > now else None


def use_link(link: OneTimeLink, now: datetime) -> None:
    link.uses_left -= 1
    link.used_at = now


def lock(person_id: int | None) -> None:
    """Let whoever else decides about this person wait until the transaction ends."""
    db.session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))


def set_password(person_id: int, password_hash: str, *, kept_device_id: int = 0) -> None:
    """Store a new password hash. Logs out every device but the one kept; links and failures are forgotten."""
    person = db.session.get_one(Person, person_id)
    person.password_hash = password_hash
    db.session.execute(delete(Device).where(Device.person_id == person_id, Device.id != kept_device_id))
    end_links_for(person_id)
    throttle.forget(limits(person.phone or "", "")[0])
    throttle.forget(own_limit(person_id))


def change_password(actor: Actor, password_hash: str, now: datetime) -> None:
    """Replace one's password, once the current one was given, and log out every other device."""
    me = actor.person_id
    set_password(me, password_hash, kept_device_id=actor.device_id)
    audit.note(By(None, me), "change password", f"person {me}", now)


def choose_unnamed(person_id: int, unnamed: bool) -> None:
    """Object to being named to others who come to the same date, or object no more."""
    db.session.get_one(Person, person_id).unnamed = unnamed


def is_unnamed(person_id: int) -> bool:
    return db.session.get_one(Person, person_id).unnamed


def choose_language(person_id: int, locale: str) -> None:
    db.session.get_one(Person, person_id).locale = locale


def list_links_for(person_id: int) -> Sequence[Row[datetime, str, datetime | None]]:
    """The last ten log-in links made for a person, for them to see: made_at, made_by ("": the operator), used_at."""
    made_at, made_by = OneTimeLink.created_at.label("made_at"), func.coalesce(Person.name, "").label("made_by")
    made = (
        select(made_at, made_by, OneTimeLink.used_at)
        .outerjoin(Person, Person.id == OneTimeLink.made_by_id)
        .where(OneTimeLink.person_id == person_id)
        .order_by(OneTimeLink.id.desc())
        .limit(10)
    )
    return db.session.execute(made).all()
