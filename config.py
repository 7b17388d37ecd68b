"""The map of start-up settings: one frozen class, read once from the environment. `.env.example` explains each."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from core import clock, phone
from core.errors import Invalid

ROOT = Path(__file__).resolve().parent
WEAK_KEYS = {"changeme", "change-me", "secret", "secret-key", "secretkey", "dev", "development", "password", "test",
             "your-secret-key", "you-will-never-guess", "supersecret", "super-secret", "pigeonpost", "default"}


class BadSetting(Invalid):
    """A setting that the program will not start with; the sentence names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every start-up setting. Field `send_rate` is read from SEND_RATE, and so on."""

    environment: str = "local"           # local | production
    instance_dir: str = ""               # where the database, keys, uploads and logs lie; empty: instance/
    secret_key: str = ""                 # empty: one is made in instance/ (not in production)
    encryption_key: str = ""             # seals secrets kept in the database; empty: one is made in instance/
    database_url: str = ""               # empty: SQLite in instance/
    redis_url: str = ""
    host: str = "127.0.0.1"
    port: int = 5000
    https: bool = False                  # people reach the dashboard by https: cookies become Secure
    trusted_proxies: int = 0             # how many proxies in front may set X-Forwarded-*
    admin_email: str = ""
    admin_password: str = ""
    whatsapp_mode: str = "simulation"    # simulation | cloud
    whatsapp_token: str = ""
    phone_number_id: str = ""
    business_id: str = ""
    app_secret: str = ""
    webhook_verify_token: str = ""
    graph_api_url: str = ""              # empty: Meta's, or our own simulator in simulation mode
    graph_api_version: str = "v25.0"
    graph_timeout: float = 30.0          # seconds until an answer counts as lost
    send_rate: float = 20.0              # messages a second and channel
    reply_share: float = 0.02            # of that rate, kept free for replies: campaigns go at the rest
    send_in_flight: int = 64             # requests open at once and process
    lease_seconds: float = 60.0          # a claim older than this belongs to nobody
    unknown_silence: float = 900.0       # seconds before an unknown send may count as proven silent
    receipt_hours: float = 24.0          # an accepted message without any news for so long is shown as without receipt
    canary_share: float = 0.05           # of a large campaign goes first, and the rest waits for its news; 0: never
    canary_over: int = 500               # campaigns to more people than this are large
    canary_minutes: float = 15.0         # so long the rest waits at most
    template_sync_minutes: float = 30.0  # between two looks at WhatsApp's list of templates
    embedded_worker: bool = True         # scheduler and sender inside the web process
    simulator_seed: int = 1
    simulator_speed: float = 1.0         # 10: simulated people are ten times as quick
    default_country: str = "GB"          # numbers without a plus are read under this country
    call_private_hosts: str = ""         # private hosts and nets that rules may call: 10.0.0.0/8, shop.local:9000
    timezone: str = "UTC"
    upload_limit_mb: int = 32
    log_level: str = "INFO"

    @property
    def instance(self) -> Path:
        """The folder for everything this installation keeps."""
        return Path(self.instance_dir) if self.instance_dir else ROOT / "instance"

    @property
    def is_production(self) -> bool:
        """Whether weak secrets and debugging are refused."""
        return self.environment == "production"

    @property
    def is_simulated(self) -> bool:
        """Whether the first channel talks to our own simulator."""
        return self.whatsapp_mode == "simulation"


def read(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings. Raises BadSetting with a sentence that names the setting and says how to mend it."""
    environ = _with_env_file(os.environ if environ is None else environ)
    values = {f.name: _convert(f.name.upper(), environ[f.name.upper()], f.type) for f in fields(Settings)
              if environ.get(f.name.upper(), "") != ""}
    settings = Settings(**values)  # type: ignore[arg-type]  # converted by the declared type just above
    _check(settings)
    return _with_secret_key(settings)


def _with_env_file(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The environment over the lines of `.env`, when there is such a file beside the program."""
    path = ROOT / ".env"
    if environ is not os.environ or not path.exists():
        return environ
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, value in pairs} | dict(environ)


def _convert(name: str, text: str, kind: object) -> object:
    """One value by its declared type."""
    try:
        if kind is bool or kind == "bool":
            return {"1": True, "true": True, "yes": True, "on": True,
                    "0": False, "false": False, "no": False, "off": False}[text.strip().lower()]
        if kind is int or kind == "int":
            return int(text)
        if kind is float or kind == "float":
            return float(text)
    except (ValueError, KeyError):
        wanted = {"bool": "1 or 0", "int": "a whole number", "float": "a number"}[getattr(kind, "__name__", str(kind))]
        raise BadSetting(f"{name} must be {wanted}, not “{text[:40]}”") from None
    return text.strip()


def _check(settings: Settings) -> None:
    """Refuse nonsense by name."""
    choices = {"environment": ("local", "production"), "whatsapp_mode": ("simulation", "cloud"),
               "log_level": ("DEBUG", "INFO", "WARNING", "ERROR")}
    for name, allowed in choices.items():
        if getattr(settings, name) not in allowed:
            raise BadSetting(f"{name.upper()} must be one of {', '.join(allowed)}, not “{getattr(settings, name)[:40]}”")
    for name in ("send_rate", "graph_timeout", "send_in_flight", "lease_seconds", "simulator_speed", "upload_limit_mb",
                 "receipt_hours", "canary_minutes", "template_sync_minutes"):
        if not 0 < getattr(settings, name) < 1e9:
            raise BadSetting(f"{name.upper()} must be more than 0")
    if not 0 <= settings.canary_share <= 1:
        raise BadSetting("CANARY_SHARE must be between 0 and 1")
    if not 0 <= settings.reply_share <= 0.5:
        raise BadSetting("REPLY_SHARE must be between 0 and 0.5")
    if not 0 < settings.port < 65536:
        raise BadSetting("PORT must be between 1 and 65535")
    if settings.lease_seconds <= settings.graph_timeout:
        raise BadSetting("LEASE_SECONDS must be longer than GRAPH_TIMEOUT, or a slow answer would look like a dead sender")
    if settings.timezone not in clock.zone_names():
        raise BadSetting(f"TIMEZONE “{settings.timezone[:40]}” is not a zone we know; choose one like Africa/Lagos")
    _check_pairs(settings)
    if not phone.is_country(settings.default_country):
        raise BadSetting(f"DEFAULT_COUNTRY “{settings.default_country[:40]}” is not a country code such as GB")


def _check_pairs(settings: Settings) -> None:
    """Refuse what only makes sense together and is there by half."""
    if settings.graph_api_url and not settings.graph_api_url.startswith(("http://", "https://")):
        raise BadSetting(f"GRAPH_API_URL must start with https:// (or http://), not “{settings.graph_api_url[:40]}”")
    if bool(settings.admin_email) != bool(settings.admin_password):
        raise BadSetting("ADMIN_EMAIL and ADMIN_PASSWORD go together: give both or neither")
    if settings.whatsapp_mode == "cloud":
        needed = ("whatsapp_token", "phone_number_id", "business_id", "app_secret", "webhook_verify_token")
        if missing := [name.upper() for name in needed if not getattr(settings, name)]:
            raise BadSetting(f"WHATSAPP_MODE=cloud also needs {', '.join(missing)}")


def weakness_of(key: str) -> str:
    """Why this SECRET_KEY must not be used, or an empty text."""
    if not key:
        return "is missing"
    if key.lower() in WEAK_KEYS or any(key.lower().startswith(weak) and len(key) < 24 for weak in WEAK_KEYS):
        return "is a well-known example"
    if len(key) < 24:
        return "is shorter than 24 characters"
    if len(set(key)) < 8:
        return "repeats itself"
    return ""


def _with_secret_key(settings: Settings) -> Settings:
    """Refuse a weak key in production; make one for a local installation that has none."""
    if settings.is_production:
        if why := weakness_of(settings.secret_key):
            raise BadSetting(
                f"SECRET_KEY {why}. Make one with: python3 -c \"import secrets; print(secrets.token_urlsafe(48))\"")
        return settings
    if settings.secret_key:
        return settings
    return _replace(settings, secret_key=_kept_key(settings.instance / "secret_key"))


def _kept_key(path: Path) -> str:
    """The key in this file (mode 600), made once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(key := secrets.token_urlsafe(48))
    return key


def _replace(settings: Settings, **changes: object) -> Settings:
    """The same settings with some values changed."""
    values = {f.name: getattr(settings, f.name) for f in fields(Settings)} | changes
    return Settings(**values)
