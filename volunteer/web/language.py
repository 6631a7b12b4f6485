"""Which language a page speaks."""

from babel import Locale
from flask import redirect, request, session
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from flask_login import current_user

from .addresses import back

LOCALES = {"zh_Hans_CN": "中文", "en": "English"}
SPOKEN = {code: Locale.parse(code) for code in LOCALES}
babel = Babel()


def choose_locale() -> str:
    """The person's language, else this browser's choice, else what it asks for, else Chinese."""
    chosen = getattr(current_user, "locale", None) or session.get("locale")
    if chosen in LOCALES:
        return str(chosen)
    best = request.accept_languages.best_match(["zh", "en"], default="zh")
    return "en" if best == "en" else "zh_Hans_CN"


def choose_language() -> ResponseReturnValue:
    """Keep this browser's language (members choose theirs in the settings)."""
    if request.form.get("locale") in LOCALES:
        session["locale"] = request.form["locale"]
    return redirect(back(), 303)
