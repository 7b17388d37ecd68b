"""Business numbers: secrets sealed at rest, modes that never mix, what Meta says in plain words."""

import json
import stat
import threading
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet, InvalidToken

from core import clock
from core.errors import Conflict, Invalid
from models import Channel, db, transaction
from services import activity, channels, settings
from services.channels import about, vault

SECRETS = {"token": "EAAG-token-of-the-clinic", "app_secret": "0123456789abcdef", "verify_token": "a-word-of-ours"}


@pytest.fixture
def number(app, by):
    """A real number, connected and switched on."""
    channel = channels.add_channel(name="Front desk", phone_number_id="410987654321098", business_id="301122334455667",
                                   **SECRETS, by=by)
    channels.switch_on(channel.id, by=by)
    return channel


class TestTheVault:
    def test_a_secret_is_kept_sealed_and_comes_back(self, number):
        kept = db.session.get(Channel, number.id)

        assert channels.line_of(kept).token == SECRETS["token"]
        assert all(secret not in json.dumps([kept.sealed_token, kept.sealed_app_secret, kept.sealed_verify_token])
                   for secret in SECRETS.values())

    def test_the_key_is_for_its_owner_only(self, number):
        path = settings.start_up().instance / vault.FILE

        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_a_new_key_opens_what_the_old_one_sealed_and_all_older_ones_are_forgotten(self, number, by):
        before = db.session.get(Channel, number.id).sealed_token
        old_keys = (settings.start_up().instance / vault.FILE).read_text()

        channels.rotate_key(by=by)

        kept = db.session.get(Channel, number.id, populate_existing=True)
        assert kept.sealed_token != before and channels.line_of(kept).token == SECRETS["token"]
        keys = (settings.start_up().instance / vault.FILE).read_text().split()
        assert len(keys) == 2 and keys[1] == old_keys.strip()
        channels.rotate_key(by=by)
        assert old_keys.strip() not in (settings.start_up().instance / vault.FILE).read_text()
        with pytest.raises(InvalidToken):
            Fernet(old_keys.split()[0]).decrypt(kept.sealed_token.encode())

    def test_only_numbers_whose_secrets_are_kept_here_are_counted(self, number, by):
        with transaction():
            db.session.add(Channel(name="From the environment", kind="cloud", phone_number_id="410987654321099"))

        assert channels.rotate_key(by=by) == 1

    @pytest.mark.parametrize("is_within_a_look", [True, False])
    def test_what_was_read_before_the_key_changed_opens(self, number, app, by, is_within_a_look):
        if is_within_a_look:
            db.session.expire_all()  # so that reading begins a look, in which SQLite shows nothing newer
        kept = db.session.get(Channel, number.id)
        assert kept.sealed_token

        def elsewhere():
            with app.app_context():
                channels.rotate_key(by=by)

        other = threading.Thread(target=elsewhere)
        other.start()
        other.join()

        assert channels.line_of(kept).token == SECRETS["token"]

    def test_without_its_key_a_number_waits_and_the_others_go_on(self, number, app):
        (settings.start_up().instance / vault.FILE).write_text(Fernet.generate_key().decode())
        simulated = channels.ensure_first()

        assert [channel_id for channel_id, _ in channels.lines_in_use()] == [simulated.id]
        with pytest.raises(Invalid, match="key it was sealed with is missing"):
            channels.line_of(db.session.get(Channel, number.id))

    def test_a_secret_is_in_no_activity(self, number, by):
        channels.change_channel(number.id, token="EAAG-another-token", by=by)

        told = " ".join(str(entry.details) + entry.subject_name for entry in activity.recent(size=50).items)
        assert "EAAG" not in told and "token" in told


class TestConnecting:
    @pytest.mark.parametrize(("field", "typed"), [
        ("name", "  "), ("phone_number_id", "+44 7700 900123"), ("business_id", "abc"), ("token", "short"),
        ("token", "two words and more"), ("graph_url", "http://example.org"), ("graph_url", "https://a:b@example.org"),
        ("graph_url", "ftp://x"), ("graph_url", "https://[::1"), ("graph_version", "25"), ("send_rate", "1001"),
        ("send_rate", "nan"), ("app_secret", ""), ("verify_token", "")])
    def test_each_refusal_names_its_field(self, app, by, field, typed):
        given = {"name": "Desk", "phone_number_id": "410987654321098", "business_id": "301122334455667", **SECRETS}

        with pytest.raises(Invalid) as refused:
            channels.add_channel(**(given | {field: typed}), by=by)

        assert refused.value.field == field

    def test_the_same_number_is_connected_once(self, number, by):
        with pytest.raises(Invalid, match="already"):
            channels.add_channel(name="Again", phone_number_id=number.phone_number_id, business_id="301122334455667",
                                 **SECRETS, by=by)

    def test_an_empty_secret_keeps_the_old_one(self, number, by):
        channels.change_channel(number.id, name="Desk two", token="", by=by)

        kept = channels.get_channel(number.id)
        assert kept.name == "Desk two" and channels.line_of(kept).token == SECRETS["token"]

    def test_the_former_app_secret_is_heard_for_two_days(self, number, by):
        channels.change_channel(number.id, app_secret="fedcba9876543210", by=by)

        heard = {line.app_secret for line in channels.lines_to_hear()}
        assert {"0123456789abcdef", "fedcba9876543210"} <= heard
        kept = channels.get_channel(number.id)
        kept.former_secret_until = clock.now() - timedelta(seconds=1)
        assert "0123456789abcdef" not in {line.app_secret for line in channels.lines_to_hear()}


class TestModes:
    def test_a_new_number_sends_nothing_until_it_is_switched_on(self, app, by):
        channel = channels.add_channel(name="Desk", phone_number_id="410987654321098", business_id="301122334455667",
                                       **SECRETS, by=by)

        assert not channels.is_in_use(channel) and channel.id not in dict(channels.lines_in_use())
        with pytest.raises(Conflict):
            channels.make_default(channel.id, by=by)

    def test_the_simulation_goes_on_beside_a_real_number_with_lines_of_its_own(self, number):
        simulated = channels.ensure_first()
        lines = dict(channels.lines_in_use())

        assert lines[number.id].base_url == channels.META
        assert lines[simulated.id].base_url != channels.META and lines[simulated.id].token != lines[number.id].token

    def test_new_campaigns_use_the_number_that_was_chosen(self, number, by):
        channels.ensure_first()
        channels.make_default(number.id, by=by)
        assert channels.default_channel().id == number.id and channels.sends_for_real()

        channels.switch_off(number.id, by=by)
        assert channels.default_channel().id != number.id and not channels.sends_for_real()


class TestWhatMetaSays:
    now = clock.from_seconds(1_794_000_000)

    @pytest.mark.parametrize(("token", "part", "step"), [
        ({"is_valid": False}, "Access token", "bad"), ({}, "Access token", "bad"), ({"is_valid": "yes"}, "Access token", "bad"),
        ({"is_valid": True, "expires_at": 0, "scopes": []}, "Permission", "bad"),
        ({"is_valid": True, "expires_at": 1_794_000_000 + 86_400 * 3, "scopes": list(about.NEEDED)}, "Access token", "look"),
        ({"is_valid": True, "expires_at": 1_794_000_000 + 86_400 * 30, "scopes": list(about.NEEDED)}, "Access token", "good"),
        ({"is_valid": True, "scopes": list(about.NEEDED), "granular_scopes": [
            {"scope": "whatsapp_business_messaging", "target_ids": ["999"]}]}, "Permission", "bad")])
    def test_of_a_token(self, token, part, step):
        found = about.about_token(token, "301122334455667", self.now)

        assert (part, step) in [(one.part, str(one.step)) for one in found]
        assert all(one.advice for one in found if one.step == about.Step.BAD)

    @pytest.mark.parametrize(("number", "part", "step"), [
        ({"status": "CONNECTED"}, "Number", "good"), ({"status": "DISCONNECTED"}, "Number", "bad"), ({}, "Number", "bad"),
        ({"status": "CONNECTED", "code_verification_status": "NOT_VERIFIED"}, "Verification", "bad"),
        ({"status": "CONNECTED", "name_status": "DECLINED"}, "Display name", "look"),
        ({"status": "CONNECTED", "name_status": "NONE"}, "Display name", "look"),
        ({"status": "CONNECTED", "quality_rating": "RED"}, "Quality", "look"),
        ({"status": "CONNECTED", "account_mode": "SANDBOX"}, "Account", "look"),
        ({"status": "CONNECTED", "whatsapp_business_manager_messaging_limit": "TIER_2K"}, "Limit", "good")])
    def test_of_a_number(self, number, part, step):
        assert (part, step) in [(one.part, str(one.step)) for one in about.about_number(number)]

    @pytest.mark.parametrize("odd", [True, -1, 10**12, "soon", None, 1.5])
    def test_an_odd_time_is_no_time(self, odd):
        assert about.moment(odd) is None

    def test_another_app_is_not_ours(self):
        assert about.about_subscription([{"id": "1"}], "2").step == "bad"
        assert about.about_subscription([], "2").step == "bad"
        assert about.about_subscription([{"id": "2"}], "2").step == "good"
