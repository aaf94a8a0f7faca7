"""Words that speak well or ill of somebody in news, for the lexical scorer."""

from __future__ import annotations

from typing import Final


def _terms(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FAVOR_TERMS: Final = _terms(
    "praise praised praises praising hail hailed hails welcome welcomed welcomes support "
    "supported supports supporting back backed backs defend defended defends endorse endorsed "
    "endorses thank thanked admire admired admires applaud applauded commend commended "
    "celebrate celebrated honor honored trust trusted love loved like great good best better "
    "excellent successful success win won wins winning victory triumph hero heroic brave "
    "courage courageous strong stronger popular respected honest leader leadership progress "
    "achievement achieved improve improved improvement help helped helps helpful ally friend "
    "friendly peaceful hope hopeful proud pride right legal fair generous effective skilled "
    "talented impressive promising reliable wise"
)
AGAINST_TERMS: Final = _terms(
    "criticize criticized criticizes criticism critical blame blamed blames accuse accused "
    "accuses accusation condemn condemned condemns denounce denounced oppose opposed opposes "
    "attack attacked attacks slam slammed blast blasted reject rejected rejects warn warned "
    "fail failed fails failure wrong bad worse worst terrible horrible corrupt corruption crime "
    "criminal guilty illegal lie lied lies liar false fraud scandal threat threaten threatened "
    "dangerous violent violence kill killed kills killing terrorist terror war abuse abused "
    "racist hate hated weak weaker disaster crisis controversial investigation investigated "
    "charged convicted arrested sanctions protest protested anger angry outrage shame shameful "
    "stupid reckless irresponsible incompetent mistake problem lose lost loses losing defeat "
    "defeated damage damaged hurt harm harmed unfair unpopular"
)
