"""The pages that rooms above their own lead to, by plain names: see `web.addresses.landmark`."""

LANDMARKS = {
    "log_in": "accounts.log_in",
    "out_of_plan": "schedule.list_out_of_plan",
    "roster": "checkin.roster",
    "today": "home.today",
    "week": "home.week",
    "date": "home.show_occurrence",
    "short": "home.list_short",
    "me": "home.me",
    "records": "ledger.records",
    "settings": "home.settings",
}
