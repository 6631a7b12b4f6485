"""Who may call a view: the log-in, the actor behind a request, and the decorators that ask for a role."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, cast

from flask import Flask, Response, after_this_request, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user
from flask_login import login_user as _login_user
from flask_login import logout_user as _logout_user

from ..actor import Actor, Role, at_least
from ..errors import Forbidden
from ..storage.database import patiently
from . import addresses, tokens

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]

login_manager = LoginManager()
login_manager.session_protection = None  # no page asks how fresh a log-in is; a device is revoked by its row


class _Cookie(UserMixin):  # type: ignore[misc]
    """What Flask-Login puts into the cookie: the device's secret."""

    def __init__(self, secret: str) -> None:
        self.id = secret


def init_app(app: Flask, find_actor: Callable[[str], Actor | None], keeps_list: Callable[[Actor, int], bool]) -> None:
    """Hook the log-in into an app. `find_actor` turns a device's secret into the actor, or None.

    `keeps_list` says whether the list of a date is lent to somebody now.
    """

    def load(secret: str) -> Actor | None:
        if g.setdefault("actor_sought", False):
            return None  # the database is away: the page that says so is nobody's
        g.actor_sought = True
        return find_actor(secret) if request.method in ("GET", "HEAD") else patiently(lambda: find_actor(secret))

    app.extensions["find_actor"] = find_actor
    app.extensions["keeps_list"] = keeps_list
    login_manager.init_app(app)
    login_manager.user_loader(load)
    login_manager.unauthorized_handler(_to_log_in)
    # There is no remember cookie; its hook would read the session for every answer and make even feeds vary by it.
    app.after_request_funcs[None].remove(login_manager._update_remember_cookie)


_KNOWN = "known"
_KNOWN_FOR = 400 * 24 * 3600
"""As long as browsers keep a cookie."""
_MOST_KNOWN = 5
_KEPT = ("locale", "scanned", "browser")
"""The language, a code that was scanned before the log-in, and what `browser_here` says."""


def known_here(phone: str) -> str:
    """The random id by which this browser proves that somebody with this number was logged in on it; "" if nobody was.

    What proves it is a signature over the number and the id, in a cookie that outlives the log-in. It opens nothing:
    whoever has it may try passwords where others have to wait, as often as anybody, counted for this id alone.
    """
    sealed = (token for token in _tokens_here() if tokens.is_sealed(token, f"known {phone}", tokens.id_in(token)))
    return tokens.id_in(next(sealed, ""))


def _tokens_here() -> list[str]:
    return request.cookies.get(_KNOWN, "").split(".")[:_MOST_KNOWN]


def _remember(phone: str) -> None:
    """Let this browser be known to that number, beside the others of a family that shares it."""
    if known_here(phone):
        return
    mine = tokens.seal(f"known {phone}", tokens.new_id())
    kept = ".".join(list(filter(tokens.id_in, [mine, *_tokens_here()]))[:_MOST_KNOWN])
    path, secure = url_for(addresses.landmark("log_in")), current_app.config["SESSION_COOKIE_SECURE"]

    @after_this_request
    def keep(response: Response) -> Response:
        response.set_cookie(_KNOWN, kept, _KNOWN_FOR, path=path, secure=secure, httponly=True, samesite="Lax")
        return response


def browser_here() -> str:
    """A random id by which this browser is the same one, whoever is logged in on it."""
    return str(session.setdefault("browser", tokens.new_id()))


def _start_anew() -> None:
    """Empty the session but for what is the browser's, whoever is logged in on it."""
    kept = {name: session[name] for name in _KEPT if name in session}
    session.clear()
    session.update(kept)


def log_in_here(device_secret: str, phone: str) -> str:
    """Make this browser the device with that secret, starting from an empty session, for 180 days.

    It is known to the number from now on. Returns the page where whoever that is begins.
    """
    _remember(phone)
    _start_anew()
    session.permanent = True
    _login_user(_Cookie(device_secret))
    return first_page(current_app.extensions["find_actor"](device_secret))


def first_page(actor: Actor | None) -> str:
    """Where somebody begins: leaders with what waits for them, everybody else with the week."""
    return url_for(addresses.landmark("today") if actor and actor.leads else addresses.landmark("week"))


def log_out_here() -> None:
    """Forget the device in this browser."""
    _logout_user()
    _start_anew()


def the_actor() -> Actor:
    """The actor behind this request; only in views behind one of the decorators below."""
    return cast(Actor, current_user._get_current_object())


def visitor() -> Actor | None:
    """The actor behind this request, or None for somebody not logged in."""
    return the_actor() if current_user.is_authenticated else None


def _asks_whether(may: Callable[[Actor], bool]) -> Callable[[View[P]], View[P]]:
    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def run(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            actor = visitor()
            if actor is None:
                return _to_log_in()
            if not may(actor):
                raise Forbidden
            return view(*args, **kwargs)

        return run

    return decorate


def _keeps_list(actor: Actor) -> bool:
    """Does the actor lead, or keep the list of the date this request is about?"""
    date_id = (request.view_args or {})["occurrence_id"]
    return actor.leads or patiently(lambda: bool(current_app.extensions["keeps_list"](actor, date_id)))


members = _asks_whether(lambda actor: at_least(actor.role, Role.VOLUNTEER))
leaders = _asks_whether(lambda actor: at_least(actor.role, Role.LEADER))
day_leaders = _asks_whether(_keeps_list)
"""Leaders, and whoever the list of a date is lent to, for what its day needs."""
administrators = _asks_whether(lambda actor: at_least(actor.role, Role.ADMINISTRATOR))


def _to_log_in() -> ResponseReturnValue:
    wanted = request.full_path.rstrip("?") if request.method == "GET" else addresses.back()
    return redirect(url_for(addresses.landmark("log_in"), next=wanted if wanted != "/" else None), 303)
