"""Accounts, passwords, sessions, limits."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from sqlalchemy import func, select

from core import clock
from core.actor import Actor
from core.errors import Conflict, DashboardError, Invalid, NotFound, TooMany
from models import ActivityEntry, SignInAttempt, User, UserSession, db
from services import auth

GOOD = "harbour lights 9"


@pytest.fixture
def folake(app):
    """The first admin."""
    return auth.create_first_admin(email="Folake@Clinic.example", password=GOOD, name="Folake Adeyemi")


@pytest.fixture
def me(folake):
    """The first admin as an actor."""
    return Actor("user", "Folake Adeyemi", folake)


def verbs():
    """What the activity tells, oldest first."""
    return db.session.scalars(select(ActivityEntry.verb).order_by(ActivityEntry.id)).all()


class TestTheFirstAdmin:
    def test_may_do_everything_and_sign_in(self, folake):
        person = auth.person_of(auth.sign_in(email="folake@clinic.example", password=GOOD))

        assert (person.id, person.role, person.may_send) == (folake, "admin", True)

    def test_there_is_only_one(self, folake):
        with pytest.raises(Conflict, match="set up this dashboard already"):
            auth.create_first_admin(email="late@x.example", password=GOOD)

    def test_two_at_once_make_one(self, app):
        start, outcomes = Barrier(4), []

        def try_it(number):
            with app.app_context():
                start.wait()
                try:
                    outcomes.append(auth.create_first_admin(email=f"p{number}@x.example", password=GOOD))
                except DashboardError:
                    outcomes.append(None)

        threads = [Thread(target=try_it, args=(n,)) for n in range(4)]
        [t.start() for t in threads]
        [t.join() for t in threads]

        assert len([found for found in outcomes if found]) == 1
        assert db.session.scalar(select(func.count()).select_from(User)) == 1

    def test_no_account_exists_by_itself(self, app):
        assert not auth.has_users()
        assert not auth.ensure_first_admin()


class TestPasswords:
    @pytest.mark.parametrize("password", ["", "short one", "x" * 201, "password123", "PASSWORD123", "aaaaaaaaaaaa",
                                          "1234567890", "name@x.example"])
    def test_what_would_be_guessed_is_refused(self, password):
        with pytest.raises(Invalid):
            auth.refuse_weak(password, email="name@x.example")

    @pytest.mark.parametrize("password", ["harbour lights", "päßwörter übers Meer", "日本語のパスワードです",
                                          "correct horse battery staplers", "x1y2" * 50])
    def test_long_ones_of_any_script_are_taken(self, password):
        auth.refuse_weak(password, email="name@x.example")

    def test_only_a_salted_scrypt_hash_is_kept(self, folake):
        kept = auth.get_user(folake).password_hash

        assert kept.startswith("scrypt:32768:8:1$")
        assert GOOD not in kept

    def test_an_account_without_a_hash_lets_nobody_in(self):
        assert not auth.check_password("", "a password that nobody has")


class TestSigningIn:
    @pytest.mark.parametrize(("email", "password"), [
        ("folake@clinic.example", "a wrong one"), ("nobody@clinic.example", GOOD), ("nobody@clinic.example", ""),
        ("", ""), ("folake@clinic.example", "y" * 100_000), ("fol\0ake@clinic.example", GOOD), ("x" * 5000, GOOD)])
    def test_says_the_same_whatever_was_wrong(self, folake, email, password):
        with pytest.raises(Invalid) as refusal:
            auth.sign_in(email=email, password=password)

        assert refusal.value.message == "The e-mail or the password is wrong"

    def test_takes_no_more_than_ten_tries_an_account_in_a_quarter_of_an_hour(self, folake):
        evaluated = [_try("folake@clinic.example", "wrong", f"10.0.0.{n}") for n in range(14)]

        assert evaluated == ["wrong"] * 10 + ["wait"] * 4
        assert _try("folake@clinic.example", GOOD, "10.0.1.1") == "wait"

    def test_counts_tries_for_an_unknown_account_alike(self, folake):
        evaluated = [_try("nobody@clinic.example", "wrong", f"10.0.0.{n}") for n in range(12)]

        assert evaluated == ["wrong"] * 10 + ["wait"] * 2

    def test_limits_one_address_over_many_accounts(self, folake):
        evaluated = [_try(f"p{n}@clinic.example", "", "10.0.0.1") for n in range(33)]

        assert evaluated.count("wrong") == auth.ADDRESS_TRIES
        assert evaluated[-1] == "wait"

    def test_opens_again_after_a_quarter_of_an_hour(self, folake):
        with time_machine.travel(clock.now() - timedelta(minutes=16), tick=False):
            [_try("folake@clinic.example", "wrong", "10.0.0.1") for _ in range(11)]

        assert _try("folake@clinic.example", GOOD, "10.0.0.1") == "in"

    def test_a_right_password_starts_the_count_afresh(self, folake):
        tries = ["wrong"] * 9 + [GOOD] + ["wrong"] * 10
        outcomes = [_try("folake@clinic.example", typed, "10.0.0.1") for typed in tries]

        assert "wait" not in outcomes

    def test_the_limit_holds_for_tries_at_the_same_moment(self, app, folake):
        outcomes, start = [], Barrier(6)

        def guess(number):
            with app.app_context():
                start.wait()
                outcomes.extend(_try("folake@clinic.example", "", f"10.1.{number}.{n}") for n in range(4))

        threads = [Thread(target=guess, args=(n,)) for n in range(6)]
        [t.start() for t in threads]
        [t.join() for t in threads]

        assert outcomes.count("wrong") == auth.ACCOUNT_TRIES

    def test_is_written_down_without_what_was_typed(self, folake):
        [_try("folake@clinic.example", "my secret typo", "10.0.0.1") for _ in range(10)]
        entries = db.session.scalars(select(ActivityEntry).where(ActivityEntry.verb.startswith("user.sign_in")).order_by(
            ActivityEntry.id)).all()

        assert [e.verb for e in entries] == ["user.sign_in_failed"] * 10 + ["user.sign_in_locked"]
        assert "typo" not in "".join(f"{e.subject_name}{e.details}" for e in entries)


def _try(email, password, address):
    """What becomes of one try: in, wrong (it was looked at) or wait (it was not)."""
    try:
        auth.sign_in(email=email, password=password, address=address)
    except TooMany as error:
        assert 0 < error.wait_seconds <= 901
        return "wait"
    except Invalid:
        return "wrong"
    return "in"


class TestSessions:
    def test_the_table_never_holds_the_token(self, folake):
        token = auth.start_session(user_id=folake)

        assert len(token) >= 43
        assert db.session.scalar(select(UserSession.token_hash)) != token

    def test_a_made_up_token_belongs_to_nobody(self, folake):
        assert [auth.person_of(token) for token in ("", "x", "\0", "é" * 50, "\ud800")] == [None] * 5

    def test_ends_after_hours_without_use(self, folake):
        token = auth.start_session(user_id=folake)

        with time_machine.travel(clock.now() + timedelta(hours=auth.IDLE_HOURS, minutes=1), tick=False):
            assert auth.person_of(token) is None

    def test_ends_after_a_week_even_when_used_daily(self, folake):
        token, start = auth.start_session(user_id=folake), clock.now()
        alive = []
        for hours in range(0, 24 * 8, 8):
            with time_machine.travel(start + timedelta(hours=hours), tick=False):
                alive.append(auth.person_of(token) is not None)

        assert alive.count(True) == 21

    @pytest.mark.parametrize("change", [
        lambda user, by: auth.disable_user(user_id=user, by=by),
        lambda user, by: auth.change_user(user_id=user, name="Amina", role="viewer", may_send=False, by=by),
        lambda user, by: auth.change_user(user_id=user, name="Amina", role="agent", may_send=True, by=by),
        lambda user, by: auth.change_own_password(user_id=user, present=GOOD, wanted="another harbour", by=by),
        lambda user, by: auth.choose_password(token=auth.invitation_for(user), password="another harbour"),
    ], ids=["closing", "role", "right to send", "password", "invitation"])
    def test_end_at_once_when_the_account_changes(self, me, change):
        amina = auth.add_user(email="amina@x.example", role="agent", password=GOOD, by=me)
        tokens = [auth.start_session(user_id=amina) for _ in range(2)]

        change(amina, me)

        assert [auth.person_of(token) for token in tokens] == [None, None]

    def test_ending_the_others_keeps_this_one(self, folake, me):
        here, there = auth.start_session(user_id=folake), auth.start_session(user_id=folake)

        auth.end_other_sessions(user_id=folake, keep=auth.person_of(here).session_id, by=me)

        assert auth.person_of(here) and not auth.person_of(there)

    def test_nobody_can_end_the_session_of_another(self, folake, me):
        amina = auth.add_user(email="amina@x.example", password=GOOD, by=me)
        token = auth.start_session(user_id=folake)

        assert not auth.end_session(session_id=auth.person_of(token).session_id, user_id=amina)
        assert auth.person_of(token)

    def test_old_ones_are_swept(self, folake):
        with time_machine.travel(clock.now() - timedelta(days=40), tick=False):
            auth.start_session(user_id=folake)
            _try("folake@clinic.example", "wrong", "10.0.0.1")
        auth.start_session(user_id=folake)

        auth.sweep_sessions()

        assert db.session.scalar(select(func.count()).select_from(UserSession)) == 1
        assert db.session.scalar(select(func.count()).select_from(SignInAttempt)) == 0


class TestTheTeam:
    def test_one_address_belongs_to_one_person(self, me):
        with pytest.raises(Conflict, match="in the team already") as refusal:
            auth.add_user(email="FOLAKE@clinic.example", password=GOOD, by=me)

        assert refusal.value.field == "email"

    @pytest.mark.parametrize("email", ["", "x", "a@b", "a b@c.de", "a@b.c", "a@b.de\n", "a\0@b.de", "@b.de", "<a>@b.de",
                                       "x" * 250 + "@b.de", "a@@b.de"])
    def test_what_cannot_be_an_address_is_refused(self, email):
        if email.endswith("\n"):
            assert auth.normal_email(email) == "a@b.de"
            return
        with pytest.raises(Invalid):
            auth.normal_email(email)

    def test_a_role_nobody_knows_is_refused(self, me):
        with pytest.raises(Invalid, match="Choose a role"):
            auth.add_user(email="a@b.de", role="owner", password=GOOD, by=me)

    def test_the_last_admin_stays(self, folake, me):
        with pytest.raises(Conflict, match="Nobody would be left"):
            auth.change_user(user_id=folake, name="F", role="agent", may_send=True, by=me)
        with pytest.raises(Conflict):
            auth.disable_user(user_id=folake, by=Actor("command", "Command line"))

    def test_a_closed_account_can_be_opened_again(self, me):
        amina = auth.add_user(email="amina@x.example", password=GOOD, by=me)
        auth.disable_user(user_id=amina, by=me)
        closed = _try("amina@x.example", GOOD, "10.0.0.1")

        auth.enable_user(user_id=amina, by=me)

        assert (closed, _try("amina@x.example", GOOD, "10.0.0.1")) == ("wrong", "in")

    def test_opening_an_account_again_does_not_bring_old_sessions_back(self, me):
        amina = auth.add_user(email="amina@x.example", password=GOOD, by=me)
        token = auth.start_session(user_id=amina)
        auth.disable_user(user_id=amina, by=me)

        auth.enable_user(user_id=amina, by=me)

        assert auth.person_of(token) is None

    def test_each_change_is_written_down_once(self, me):
        amina = auth.add_user(email="amina@x.example", role="agent", password=GOOD, by=me)
        auth.change_user(user_id=amina, name="Amina", role="manager", may_send=False, by=me)
        auth.change_user(user_id=amina, name="Amina", role="manager", may_send=False, by=me)
        auth.disable_user(user_id=amina, by=me)
        auth.disable_user(user_id=amina, by=me)

        assert verbs()[1:] == ["user.added", "user.changed", "user.disabled"]


class TestInvitations:
    def test_work_once(self, me):
        amina = auth.add_user(email="amina@x.example", by=me)
        token = auth.invitation_for(amina)
        auth.choose_password(token=token, password=GOOD)

        with pytest.raises(NotFound, match="used already or is too old"):
            auth.choose_password(token=token, password="another harbour")

    @pytest.mark.parametrize("token", ["", "x", "W10.x.y", "\0", "é"])
    def test_cannot_be_made_up(self, app, token):
        with pytest.raises(NotFound):
            auth.user_of_invitation(token)

    def test_grow_old(self, me):
        amina = auth.add_user(email="amina@x.example", by=me)
        with time_machine.travel(clock.now() - timedelta(days=4), tick=False):
            token = auth.invitation_for(amina)

        with pytest.raises(NotFound):
            auth.user_of_invitation(token)

    def test_are_worth_nothing_for_a_closed_account(self, me):
        amina = auth.add_user(email="amina@x.example", by=me)
        token = auth.invitation_for(amina)
        auth.disable_user(user_id=amina, by=me)

        with pytest.raises(NotFound):
            auth.choose_password(token=token, password=GOOD)
