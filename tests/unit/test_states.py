"""The lives of campaigns and imports: which state may follow which."""

import re

import pytest
from hypothesis import given, strategies

from core.errors import Conflict
from core.states import (
    CAMPAIGN_MOVES,
    IMPORT_MOVES,
    WHY_NOT,
    CampaignState,
    ImportState,
    check_campaign_move,
    check_import_move,
)

CAMPAIGN_STATES = strategies.sampled_from(CampaignState)


@given(CAMPAIGN_STATES, CAMPAIGN_STATES)
def test_a_campaign_moves_exactly_where_the_table_says(now, wanted):
    if wanted in CAMPAIGN_MOVES[now]:
        check_campaign_move(now, wanted)
        return
    with pytest.raises(Conflict, match=f"^{re.escape(WHY_NOT[now])}$"):
        check_campaign_move(now, wanted)


@pytest.mark.parametrize("state", CampaignState)
def test_every_state_has_its_own_sentence_for_what_cannot_be_done(state):
    assert "cannot become" not in WHY_NOT[state]
    assert len(set(WHY_NOT.values())) == len(CampaignState)


@given(strategies.lists(CAMPAIGN_STATES, max_size=20))
def test_a_cancelled_campaign_stays_so_and_a_finished_one_only_goes_on_sending(wishes):
    state = CampaignState.DRAFT
    ended = None
    for wanted in wishes:
        try:
            check_campaign_move(state, wanted)
        except Conflict:
            continue
        assert ended is None or (ended, wanted) == (CampaignState.FINISHED, CampaignState.SENDING)
        state = wanted
        ended = state if state in (CampaignState.FINISHED, CampaignState.CANCELLED) else None


def test_no_campaign_returns_to_draft_once_it_has_started():
    for state in (CampaignState.SENDING, CampaignState.PAUSED, CampaignState.FINISHED):
        assert not CAMPAIGN_MOVES[state] & {CampaignState.DRAFT, CampaignState.SCHEDULED}


@pytest.mark.parametrize("table, states", [(CAMPAIGN_MOVES, CampaignState), (IMPORT_MOVES, ImportState)])
def test_every_state_has_its_moves_written_down(table, states):
    assert set(table) == set(states)


@given(strategies.sampled_from(ImportState), strategies.sampled_from(ImportState))
def test_an_import_moves_exactly_where_the_table_says(now, wanted):
    if wanted in IMPORT_MOVES[now]:
        check_import_move(now, wanted)
        return
    with pytest.raises(Conflict, match=f"is {now}, so it cannot become {wanted}"):
        check_import_move(now, wanted)
