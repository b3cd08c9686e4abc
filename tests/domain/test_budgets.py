"""The day of a budget is that of UTC."""

from datetime import UTC, date, datetime, timedelta, timezone

from domain.budgets import day_of, resets_at


def test_the_day_is_that_of_utc_wherever_the_clock_stands() -> None:
    early_in_tokyo = datetime(2026, 3, 2, 8, tzinfo=timezone(timedelta(hours=9)))
    assert day_of(early_in_tokyo) == date(2026, 3, 1)


def test_a_new_budget_begins_with_the_next_day() -> None:
    assert resets_at(date(2026, 2, 28)) == datetime(2026, 3, 1, tzinfo=UTC)
