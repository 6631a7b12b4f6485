"""The pages that rooms above their own lead to, by plain names: see `web.addresses.landmark`."""

LANDMARKS = {
    "log_in": "accounts.log_in",
    "out_of_plan": "schedule.list_out_of_plan",
    "roster": "checkin.roster",
    "week": "home.week",
    "date": "home.show_occurrence",
    "short": "home.list_short",
    "me": "home.me",
    "records": "ledger.records",
    "settings": "home.settings",
}

BELONG = {
    "settings": (
        *("accounts.choose_language", "accounts.log_out_device", "teams.look_at"),
        *("calendar.rotate", "calendar.revoke", "calendar.choose_alarm", "calendar.choose_names"),
    ),
    "me": ("signups.answer_stand_in", "signups.undo_stand_in"),
    "roster": ("signups.sign_up_member", "signups.decide", "checkin.reserve", "checkin.resize"),
}
"""Deeds by the landmark they belong to, where that is not the page above theirs: see `addresses.page_above`."""
