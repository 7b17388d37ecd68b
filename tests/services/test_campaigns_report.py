"""The report adds up, whatever became of the messages: figures, people, times, charts and the spreadsheet agree."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import event, select

from core import clock
from core.errors import Invalid, NotFound
from core.states import CampaignState, MessageState
from models import Campaign, CampaignList, CampaignListRow, Contact, Message, db, transaction
from services import campaigns
from services.campaigns.timeline import BUCKETS, STEPS, percentile, step_for
from tests.factories.answers import HOUR, ids_of, sent_to, writes
from tests.factories.campaigns import a_campaign, give_states, people

STATES = [state for state in MessageState if state is not MessageState.RECEIVED]
OUT = ("accepted", "sent", "delivered", "read")
LIVES = some.lists(some.tuples(some.sampled_from(STATES), some.integers(0, 300_000), some.integers(0, 90_000),
                               some.booleans()), min_size=6, max_size=6)


def queries_of(call):
    """How many statements a call takes."""
    seen = []

    def note(_connection, _cursor, statement, *_more):
        seen.append(statement)

    db.session.expunge_all()
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        call()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


def everybody(campaign, size=2, **asked):
    """The people of one number, page after page."""
    found, after, pages = [], 0, 0
    while True:
        page = campaigns.recipients(campaign.id, after=after, size=size, **asked)
        found += [row.id for row in page.items]
        after, pages = page.after, pages + 1
        if not after:
            return found, page.total
        assert pages < 50


class TestWhateverHappened:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(LIVES)
    def test_all_figures_agree(self, app, by, lives):
        campaign = db.session.scalars(select(Campaign)).first() or sent_to(people(6), ago=timedelta(days=6), by=by)
        campaign = campaigns.get_campaign(campaign.id)
        self.live(campaign, lives)

        found = campaigns.report(campaign.id)
        figures = found.figures()
        told = campaigns.story(campaign)
        out, later, spreads = told.out, told.later, told.spreads

        assert sum(figures["states"].values()) == found.total == 6
        assert found.recipients >= found.sent >= found.delivered >= found.of(MessageState.READ)
        assert found.sent >= found.replied
        for name in campaigns.LABELS:
            seen, total = everybody(campaign, show=name)
            assert len(seen) == len(set(seen)) == total
        assert sum(bucket.left for bucket in out.buckets) == found.sent
        assert sum(bucket.delivered for bucket in later.buckets) == found.delivered
        assert sum(bucket.read for bucket in later.buckets) == found.of(MessageState.READ)
        assert sum(bucket.replied for bucket in later.buckets) == found.replied
        assert max(len(out.buckets), len(later.buckets)) <= BUCKETS
        assert len(list(campaigns.csv_of(campaign.id))) == found.total + 1
        assert all(spread.median <= spread.most and spread.first_at <= spread.last_at for spread in spreads.values())
        assert (spreads["read"].count if "read" in spreads else 0) == found.of(MessageState.READ)

    def live(self, campaign, lives):
        """Give each message one of these lives, and some an answer."""
        start = clock.now() - timedelta(days=6)
        with transaction():
            db.session.query(Message).filter_by(direction="in").delete()
            for message_id, (state, left, later, answers) in zip(ids_of(campaign), lives, strict=True):
                message = db.session.get(Message, message_id)
                at = start + timedelta(seconds=left)
                message.state, message.attempted_at = state, at
                message.delivered_at = at + timedelta(seconds=later) if state in ("delivered", "read") else None
                message.read_at = at + timedelta(seconds=2 * later) if state == "read" else None
                if answers:
                    db.session.add(Message(
                        direction="in", kind="text", channel_id=message.channel_id, contact_id=message.contact_id,
                        state=MessageState.RECEIVED, created_at=at + timedelta(seconds=later), due_at=at))


class TestTimes:
    def test_half_and_nine_of_ten_are_read_from_the_counts(self):
        assert percentile([(1, 5), (10, 4), (100, 1)], 0.5) == 1
        assert percentile([(100, 1), (1, 5), (10, 4)], 0.9) == 10
        assert percentile([(7, 1)], 0.9) == 7

    @given(some.integers(1, 10**9))
    def test_no_span_needs_more_buckets_than_there_are(self, span):
        assert span // step_for(span) + 1 <= BUCKETS
        assert step_for(span) in STEPS or span > STEPS[-1] * (BUCKETS - 1)

    def test_how_long_it_took_is_counted_from_leaving(self, app, by):
        campaign = sent_to(people(3), by=by)
        with transaction():
            for minutes, message_id in zip((1, 2, 30), ids_of(campaign), strict=True):
                message = db.session.get(Message, message_id)
                message.state = MessageState.DELIVERED
                message.delivered_at = message.attempted_at + timedelta(minutes=minutes)

        found = campaigns.spreads(campaigns.get_campaign(campaign.id))["delivered"]

        assert (found.count, found.median, found.most) == (3, 120, 1800)

    def test_a_campaign_that_never_left_has_empty_charts(self, app, by):
        campaign = a_campaign()

        told = campaigns.story(campaign)

        assert told.out.buckets == told.later.buckets == ()
        assert campaigns.spreads(campaign) == {}

    def test_the_number_of_queries_does_not_grow(self, app, by):
        few = sent_to(people(2), name="Few", by=by).id
        many = sent_to(people(40, first=50), name="Many", by=by).id

        for call in (campaigns.report, lambda one: campaigns.spreads(campaigns.get_campaign(one)),
                     lambda one: campaigns.story(campaigns.get_campaign(one)), campaigns.recipients):
            assert queries_of(lambda call=call: call(few)) == queries_of(lambda call=call: call(many))


class TestPeople:
    def test_pages_lead_on_and_back_without_losing_anybody(self, app, by):
        campaign = sent_to(people(7), by=by)
        ids = ids_of(campaign)

        second = campaigns.recipients(campaign.id, after=ids[2], number=2, size=3)
        back = campaigns.recipients(campaign.id, before=second.items[0].id, size=3)

        assert [row.id for row in second.items] == ids[3:6] and second.after == ids[5]
        assert [row.id for row in back.items] == ids[:3] and back.before == 0 and back.after == ids[2]

    def test_one_person_is_found_by_name_or_number(self, app, by):
        ids = people(12)
        with transaction():
            person = db.session.get(Contact, ids[3])
            person.search = "zainab bello"
        campaign = sent_to(ids, by=by)

        assert [row.contact_id for row in campaigns.recipients(campaign.id, text="Zainab").items] == [ids[3]]
        assert campaigns.recipients(campaign.id, text="00005").total == 1
        assert campaigns.recipients(campaign.id, text="%").total == 0

    def test_one_message_is_told_in_full(self, app, by):
        campaign = sent_to(people(1), by=by)
        writes(db.session.get(Message, ids_of(campaign)[0]).contact_id, at=clock.now() - HOUR)

        told = campaigns.recipient_message(campaign.id, ids_of(campaign)[0])

        assert told.shown.body == "Hello Person, our doors are open this Saturday."
        assert told.replied_at is not None
        with pytest.raises(NotFound):
            campaigns.recipient_message(a_campaign(name="Another").id, ids_of(campaign)[0])


class TestSpreadsheet:
    def test_the_columns_of_the_campaigns_own_list_stand_beside_the_outcome(self, app, by):
        campaign = sent_to(people(2), by=by)
        with transaction():
            db.session.add(CampaignList(campaign_id=campaign.id, columns=["Mobile", "State", "=Order"], rows=1))
            row = CampaignListRow(campaign_id=campaign.id, number=2, phone="+447700900001",
                                  cells={"Mobile": "07700 900001", "State": "Lagos", "=Order": "=1+1"})
            db.session.add(row)
            db.session.flush()
            db.session.get(Message, ids_of(campaign)[0]).list_row_id = row.id

        heading, first, second = campaigns.csv_of(campaign.id)

        assert heading[:7] == ["Mobile", "State", "'=Order", "phone", "name", "tags", "pigeonpost_state"]
        assert first[:5] == ["07700 900001", "Lagos", "'=1+1", "+447700900001", "Person 1"]
        assert second[:4] == ["", "", "", "+447700900002"]

    def test_when_they_wrote_back_and_what_to_do_stand_there(self, app, by):
        ids = people(2)
        campaign = sent_to(ids, by=by)
        writes(ids[0], at=clock.now().replace(microsecond=0) - HOUR)
        give_states(campaign, [MessageState.SENT, MessageState.FAILED], reason_code="131026")

        heading, first, second = campaigns.csv_of(campaign.id)

        assert first[heading.index("replied_at")] and not second[heading.index("replied_at")]
        assert "Check the number" in second[heading.index("what_to_do")]


class TestCompare:
    def test_figures_stand_side_by_side_and_differ_in_words(self, app, by):
        first, second = sent_to(people(4), name="First", by=by), sent_to(people(4, first=20), name="Second", by=by)
        give_states(first, [MessageState.READ])
        give_states(second, [MessageState.READ] * 3)

        sides = campaigns.compare([first.id, second.id, first.id])

        assert [side.figures.read for side in sides] == [1, 3]
        assert "50.0 points more read it (75.0 % against 25.0 %)" in campaigns.differences(sides)[0]
        assert "may be chance" in campaigns.differences(sides)[0]

    @pytest.mark.parametrize("count", [0, 1, 5])
    def test_two_to_four_can_be_compared(self, app, by, count):
        with pytest.raises(Invalid, match="two to 4"):
            campaigns.compare([a_campaign(name=f"One {number}").id for number in range(count)])

    def test_all_times_of_a_pattern_add_up(self, app, by):
        pattern = a_campaign(name="Every week")
        made = [sent_to(people(2, first=10 * number), name=f"Week {number}", by=by) for number in (1, 2)]
        with transaction():
            for number, one in enumerate(made):
                found = db.session.get(Campaign, one.id)
                found.pattern_id, found.planned_for = pattern.id, f"2026-11-0{number + 1}T09:00"
        give_states(made[0], [MessageState.READ])

        sides, totals = campaigns.occurrences(pattern.id)

        assert [side.campaign.id for side in sides] == [made[1].id, made[0].id]
        assert (totals.recipients, totals.sent, totals.read) == (4, 4, 1)
        assert totals.sent == sum(side.figures.sent for side in sides)


class TestList:
    def names(self, **asked):
        return [line.campaign.name for line in campaigns.find_campaigns(**asked).items]

    def test_what_needs_a_person_stands_first(self, app, by):
        for number in range(3):
            a_campaign(size=0, name=f"Draft {number}")
        with transaction():
            db.session.scalars(select(Campaign).order_by(Campaign.id)).first().state = CampaignState.PAUSED

        assert self.names() == ["Draft 0", "Draft 2", "Draft 1"]

    def test_pages_lead_through_all_and_back(self, app, by):
        for number in range(7):
            a_campaign(size=0, name=f"Draft {number}")
        with transaction():
            for one in db.session.scalars(select(Campaign).order_by(Campaign.id).limit(3)):
                one.state = CampaignState.MISSED
        pages = [campaigns.find_campaigns(size=2)]
        while pages[-1].after:
            pages.append(campaigns.find_campaigns(size=2, after=pages[-1].after))
        back = campaigns.find_campaigns(size=2, before=pages[2].before)

        seen = [line.campaign.name for page in pages for line in page.items]
        assert seen == [f"Draft {number}" for number in (2, 1, 0, 6, 5, 4, 3)]
        assert [line.campaign.name for line in back.items] == ["Draft 0", "Draft 6"]

    def test_words_state_and_days_narrow(self, app, by):
        a_campaign(size=0, name="Ärzte in Köln")
        a_campaign(size=0, name="Open doors")

        assert self.names(text="köln") == ["Ärzte in Köln"] == self.names(text="Ärzte")
        assert self.names(text="OPEN doors") == ["Open doors"]
        assert self.names(text="100%") == self.names(state="sending") == self.names(since=clock.now() + HOUR) == []
        assert len(self.names(since=clock.now() - HOUR, until=clock.now() + HOUR)) == 2

    @pytest.mark.parametrize("place", ["", "x", "2.1", "1.", "1.９", "0.99999999999999", "' OR 1=1"])
    def test_a_place_that_is_none_begins_at_the_start(self, app, by, place):
        a_campaign(size=0)

        assert len(self.names(after=place)) == 1
