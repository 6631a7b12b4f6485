"""The kinds of activity a new team starts with; from then on they are the team's own data."""

from dataclasses import dataclass, field

from ..database import db
from .models import Kind


@dataclass(frozen=True)
class ShippedKind:
    """A kind as it ships. aliases: other words plan files use for it. measures: what is counted afterwards."""

    code: str
    name: str
    counts: bool = False
    private: bool = False
    dangerous: bool = False
    aliases: list[str] = field(default_factory=list)
    measures: list[str] = field(default_factory=list)


SHIPPED = (
    ShippedKind("friday_cleanup", "每周五创卫", True, aliases=["创卫", "环境卫生"], measures=["袋", "公斤", "处"]),
    ShippedKind("tree_planting", "植树造林", True, dangerous=True, aliases=["植树"], measures=["株", "亩"]),
    ShippedKind("village_tidying", "家园美化", True, aliases=["联点村家园美化"], measures=["户"]),
    ShippedKind("consumer_aid", "消费扶贫", True, aliases=["消费扶贫集市", "消费帮扶"], measures=["元", "户"]),
    ShippedKind("publicity", "移风易俗宣传", True, aliases=["移风易俗", "检举控告宣传周"], measures=["份", "人"]),
    ShippedKind("reading_day", "阅读主题日", aliases=["职工书屋阅读主题日", "读书会"]),
    ShippedKind("theme_day", "主题党日", aliases=["主题日"]),
    ShippedKind("training", "培训讲座", aliases=["培训", "讲座", "座谈"]),
    ShippedKind("contest", "演讲比赛", aliases=["比赛"]),
    ShippedKind("home_visit", "家访", private=True, aliases=["一对一", "一对一谈心"]),
    ShippedKind("meeting", "会议"),
)


def install_kinds(team_id: int) -> None:
    """Give a new team the shipped kinds."""
    for shipped in SHIPPED:
        db.session.add(
            Kind(
                team_id=team_id,
                code=shipped.code,
                name=shipped.name,
                aliases=shipped.aliases,
                counts_as_service=shipped.counts,
                private=shipped.private,
                dangerous=shipped.dangerous,
                measures=shipped.measures,
            )
        )
    db.session.flush()
