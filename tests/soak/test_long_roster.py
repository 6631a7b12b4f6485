"""A leader takes in a roster of twenty thousand lines while others press buttons."""

import threading
import time
from collections.abc import Callable

import pytest
from flask import Flask

from tests.make import make_administrator, make_member, make_team
from tests.server import Phone, cookie_of, serving
from volunteer.storage.database import db
from volunteer.teams.models import Membership

pytestmark = pytest.mark.soak

LINES = 20_000
BOUNDARY = "a-boundary-of-its-own"
SIX = ("办公室", "组织室", "宣传教育室", "信息室", "后勤室", "工会")


def hand_in(phone: Phone, text: str) -> str:
    """Upload a roster; returns the path of its preview."""
    phone.get("/members/import")
    parts = [f'name="csrf_token"\r\n\r\n{phone.token}', f'name="file"; filename="roster.csv"\r\n\r\n{text}']
    body = "".join(f"--{BOUNDARY}\r\nContent-Disposition: form-data; {part}\r\n" for part in parts)
    headers = {"Cookie": phone.cookie, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    phone.connection.request("POST", "/members/import", f"{body}--{BOUNDARY}--\r\n".encode(), headers)
    answer = phone.connection.getresponse()
    answer.read()
    phone.connection.close()
    assert answer.status == 303
    return str(answer.getheader("Location"))


def test_nobody_waits_for_twenty_thousand_lines(app: Flask, say: Callable[[str], None]) -> None:
    team = make_team()
    ada, alice = make_administrator(team), make_member(team, "Alice")
    people = "".join(f"张{n},{13600000000 + n},{SIX[n % 6]},,{n // 3}号楼1户,驾驶\n" for n in range(LINES))
    waits: list[float] = []
    over = threading.Event()
    with serving(app) as port:
        hers, his = Phone(port, cookie_of(app, ada)), Phone(port, cookie_of(app, alice))
        his.get("/me/settings")

        def press() -> None:
            while not over.wait(0.05):
                begun = time.monotonic()
                assert his.post("/me/language", locale="en") == 303
                waits.append(time.monotonic() - begun)

        button = threading.Thread(target=press)
        button.start()
        begun = time.monotonic()
        path = hand_in(hers, f"姓名,手机号,部门,角色,家庭户,技能\n{people}")
        read = time.monotonic()
        assert hers.get(path)[0] == 200
        seen = time.monotonic()
        assert hers.post(path, action="take") == 303
        took = time.monotonic()
        over.set()
        button.join()
    say(
        f"{LINES} lines: read {read - begun:.1f} s, looked at {seen - read:.1f} s, taken in {took - seen:.1f} s; "
        f"meanwhile {len(waits)} others' writes, the slowest {max(waits):.2f} s"
    )
    assert db.session.query(Membership).count() == LINES + 2
    assert took - begun <= 60
    assert max(waits) <= 1
