"""Settings are read once and nonsense is refused by name."""

import stat

import pytest

import config
from config import BadSetting

GOOD_KEY = "Zx81-kV0q-mN3t-pL7w-rT5y-bQ2s"


def read(tmp_path, **environ: str) -> config.Settings:
    return config.read({"INSTANCE_DIR": str(tmp_path)} | environ)


def test_nothing_needs_to_be_set(tmp_path):
    settings = read(tmp_path)

    assert (settings.port, settings.whatsapp_mode, settings.send_rate) == (5000, "simulation", 20.0)


def test_a_local_key_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    first, second = read(tmp_path).secret_key, read(tmp_path).secret_key

    assert first == second
    assert config.weakness_of(first) == ""
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


@pytest.mark.parametrize("key", ["", "changeme", "secret", "CHANGE-ME-please", "dev", "a" * 64, "abcabcabcabcabcabcabcabcabc",
                                 "short-but-random-Zx8", "your-secret-key", "password123"])
def test_production_does_not_start_with_a_weak_key(tmp_path, key):
    with pytest.raises(BadSetting, match="SECRET_KEY"):
        read(tmp_path, ENVIRONMENT="production", SECRET_KEY=key)


def test_production_starts_with_a_strong_key(tmp_path):
    assert read(tmp_path, ENVIRONMENT="production", SECRET_KEY=GOOD_KEY).is_production


@pytest.mark.parametrize(("name", "value"), [
    ("PORT", "many"), ("PORT", "0"), ("PORT", "70000"), ("SEND_RATE", "fast"), ("SEND_RATE", "0"), ("SEND_RATE", "nan"),
    ("EMBEDDED_WORKER", "perhaps"), ("WHATSAPP_MODE", "pigeon"), ("TIMEZONE", "Mars/Olympus"), ("DEFAULT_COUNTRY", "XX"),
    ("ENVIRONMENT", "prod"), ("LOG_LEVEL", "LOUD"), ("GRAPH_API_URL", "ftp://graph.example"), ("LEASE_SECONDS", "10"),
    ("ADMIN_EMAIL", "ana@example.com"), ("ADMIN_PASSWORD", "a long pass phrase 77")])
def test_nonsense_is_refused_by_the_name_of_its_setting(tmp_path, name, value):
    with pytest.raises(BadSetting, match=name):
        read(tmp_path, **{name: value})


def test_a_real_number_needs_its_keys_and_each_missing_one_is_named(tmp_path):
    with pytest.raises(BadSetting, match="WHATSAPP_TOKEN.*APP_SECRET"):
        read(tmp_path, WHATSAPP_MODE="cloud", PHONE_NUMBER_ID="1", BUSINESS_ID="2", WEBHOOK_VERIFY_TOKEN="word")
