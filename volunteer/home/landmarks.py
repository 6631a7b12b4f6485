"""Where pages stand: those that rooms above their own lead to, by plain names, and from each one the way back.

See `web.addresses.landmark`.
"""

from typing import NamedTuple

from flask_babel import lazy_gettext as _l

LANDMARKS = {
    "edit": "schedule.edit",
    "log_in": "accounts.log_in",
    "out_of_plan": "schedule.list_out_of_plan",
    "roster": "checkin.roster",
    "sheet": "sheets.sheet",
    "type_rows": "sheets.type_rows",
    "today": "home.today",
    "week": "home.week",
    "date": "home.show_occurrence",
    "public_date": "home.show_public_date",
    "short": "home.list_short",
    "me": "home.me",
    "records": "ledger.records",
    "message": "schedule.message",
    "settings": "home.settings",
}

UP = {
    "activities.new": "activities.list_activities",
    "activities.show": "activities.list_activities",
    "schedule.edit": "activities.show",
    "schedule.show_edit": "activities.list_activities",
    "schedule.undo": "schedule.show_edit",
    "schedule.bad_weather": "home.today",
    "activities.list_holidays": "schedule.list_out_of_plan",
    "schedule.list_out_of_plan": "activities.list_activities",
    "home.list_short": "activities.list_activities",
    "teams.show_member": "teams.list_members",
    "teams.slips": "teams.list_members",
    "teams.invite": "teams.list_members",
    "teams.hand_in": "teams.list_members",
    "teams.preview": "teams.list_members",
    "accounts.log_in": "home.week",
    "teams.join": "home.week",
    "teams.come_in": "home.week",
    "home.show_occurrence": "home.week",
    "home.show_public_date": "home.week",
    "home.show_team": "home.week",
    "signups.withdraw": "home.show_occurrence",
    "signups.party": "home.show_occurrence",
    "schedule.told": "home.show_occurrence",
    "schedule.cancel": "home.show_occurrence",
    "schedule.end": "home.show_occurrence",
    "schedule.move": "home.show_occurrence",
    "schedule.message": "home.show_occurrence",
    "checkin.roster": "home.show_occurrence",
    "checkin.add": "checkin.roster",
    "sheets.type_rows": "checkin.roster",
    "plans.show": "plans.this_year",
    "plans.month": "plans.show",
    "plans.new": "plans.show",
    "plans.edit": "plans.item",
    "plans.item": "plans.this_year",
    "plans.new_activity": "plans.item",
    "plans.done": "plans.item",
    "plans.hand_in": "plans.show",
    "plans.preview": "plans.this_year",
    "plans.enter_facts": "plans.show",
    "reports.show": "plans.this_year",
    "reports.summarise": "plans.this_year",
    "reports.list_counted": "plans.this_year",
    "ledger.confirm": "home.today",
    "ledger.list_typed": "home.today",
    "checkin.code": "checkin.roster",
    "checkin.scan": "home.week",
    "checkin.check_in": "home.week",
    "checkin.ring": "home.week",
    "notices.show": "home.me",
    "ledger.records": "home.me",
    "ledger.ask": "home.me",
    "home.agenda": "home.me",
    "home.settings": "home.me",
    "calendar.hand_out": "home.settings",
    "accounts.change_password": "home.settings",
}
"""From every page below a tab of the menu the page above it."""

NAMES = {
    "home.week": _l("This week"),
    "home.today": _l("Today"),
    "home.me": _l("Me"),
    "home.settings": _l("Calendars and settings"),
    "home.show_occurrence": _l("The date"),
    "activities.list_activities": _l("Activities"),
    "schedule.show_edit": _l("The change"),
    "activities.show": _l("Activity"),
    "schedule.list_out_of_plan": _l("Series and holidays"),
    "teams.list_members": _l("Members"),
    "checkin.roster": _l("List of names"),
    "plans.show": _l("Plan of the year"),
    "plans.this_year": _l("Plan of the year"),
    "plans.item": _l("Item of the plan"),
}
"""What those pages are called where a way leads back to them."""

BELONG = {
    "accounts.choose_language": "home.settings",
    "accounts.choose_named": "home.settings",
    "notices.prefer": "home.settings",
    "accounts.log_out_device": "home.settings",
    "teams.look_at": "home.settings",
    "calendar.rotate": "home.settings",
    "calendar.revoke": "home.settings",
    "calendar.remind": "home.settings",
    "calendar.show_skipped": "home.settings",
    "calendar.choose_names": "home.settings",
    "signups.answer_stand_in": "home.me",
    "signups.undo_stand_in": "home.me",
    "signups.sign_up_member": "checkin.roster",
    "signups.decide": "checkin.roster",
    "checkin.reserve": "checkin.roster",
    "checkin.resize": "checkin.roster",
    "checkin.answer": "checkin.roster",
    "checkin.lend": "checkin.roster",
    "ledger.type_in": "ledger.confirm",
    "checkin.confirm": "checkin.scan",
    "checkin.answer_door": "checkin.roster",
}
"""Deeds by the page they belong to, where the address does not say it: a form that comes back stands there, and whoever
reloads one comes to it (`addresses.page_above`)."""


CHECK_IN = ("checkin.check_in", "checkin.scan")
"""A page of the menu, and what belongs to it, while its reader can check in; below the week at all other times."""


class Way(NamedTuple):
    """Where a page stands. up: the address of the page above, and its name; "" for one of the menu's own."""

    tab: str
    up: str = ""
    words: str = ""


def tab_of(endpoint: str) -> str:
    """The page of the menu that a page stands below, or is."""
    return tab_of(UP[endpoint]) if endpoint in UP else endpoint
