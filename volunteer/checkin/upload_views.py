"""The list without network: ticks that a phone has kept, and what keeps the list there."""

import re
from datetime import timedelta

from flask import current_app, request
from flask.typing import ResponseReturnValue

from .. import clock
from ..errors import Refused
from ..ledger.states import EntryKind
from ..web.access import members, the_actor
from ..web.formats import spoken
from ..web.forms import posted_choice, posted_id
from ..web.refusals import translated
from ..web.transactions import writes
from ..words import one_line
from . import uploads
from .views import MARKS, bp


@bp.post("/occurrences/<id:occurrence_id>/roster/sync")
@members
@writes
def sync(occurrence_id: int) -> ResponseReturnValue:
    """A tick a phone has kept; it hears what stands now and who was later, or why the tick is not taken.

    Whoever keeps the list may still tell in the evening what they ticked on the day.
    """
    actor, signup_id = the_actor(), 0
    try:
        tick = _kept_tick()
        signup_id, says = uploads.take_in(actor, occurrence_id, tick, clock.now())
    except Refused as refused:
        return {"told": translated(refused)}, 422
    if tick.whom.companion_id:
        return {"says": tick.kind if tick.kind is EntryKind.CHECK_IN else "", "line": "", "told": ""}
    later = uploads.list_overruled(actor, occurrence_id).get(signup_id)
    return {"says": says.kind or "", "line": says.line_id, "told": spoken(later) if later else ""}


def _kept_tick() -> uploads.Tick:
    """What was sent. Raises Refused for what no phone of ours sends."""
    odd = Refused("This cannot be read as a tick. Please reload the list.")
    form = {name: one_line(request.form.get(name, "")) for name in ("key", "done_at", "phone_now", "undoes")}
    wanted = posted_choice("mark", ("undo", *MARKS), odd)
    ids = [posted_id(name) for name in ("signup", "person", "shift", "companion")]
    moments = [form["done_at"], form["phone_now"]]
    if not (_UUID.fullmatch(form["key"]) and all(re.fullmatch("[0-9]{1,13}", one) for one in moments)):
        raise odd
    newcomer = request.form.get("name", ""), request.form.get("phone", "")
    tapped, sent = (clock.moment(0) + int(one) * _MILLISECOND for one in moments)
    whom, kind = uploads.Whom(ids[0], ids[1], *newcomer, *ids[2:]), MARKS.get(wanted, EntryKind.VOID)
    return uploads.Tick(form["key"], whom, kind, tapped, sent, form["undoes"])


_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MILLISECOND = timedelta(milliseconds=1)


@bp.get("/occurrences/keeper.js")
@members
def keeper() -> ResponseReturnValue:
    """The service worker that keeps lists on a phone: here, as it sees to no other addresses than those beside it."""
    return current_app.send_static_file("keeper.js")
