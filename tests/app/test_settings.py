"""Settings come from the environment, and what cannot be is said in a sentence."""

import os
import re
from base64 import b64encode
from ipaddress import ip_network
from pathlib import Path
from traceback import format_exception

import pytest

from app.settings import PREFIX, Settings, SettingsError, listed_settings, load_settings

ROOT = Path(__file__).parents[2]
LONG = "a secret that is long enough by far"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine that runs the tests."""
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        monkeypatch.delenv(name)


def test_nothing_set_means_the_embedded_store_in_the_default_folder() -> None:
    settings = load_settings()

    assert settings.is_embedded
    assert str(settings.data) == "daybook-data"
    assert (settings.max_holds, settings.rate_limit, settings.metrics) == (3, 2000.0, True)


def test_variables_are_read_and_lists_are_cut_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_SCHEMA", "moon_hospital")
    monkeypatch.setenv("DAYBOOK_RATE_LIMIT", "off")
    monkeypatch.setenv("DAYBOOK_METRICS", "off")
    monkeypatch.setenv("DAYBOOK_LOG_LEVEL", "WARNING")
    monkeypatch.setenv("DAYBOOK_SECRET", f"{LONG} 1, {LONG} 2")
    monkeypatch.setenv("DAYBOOK_TRUSTED_PROXIES", "10.0.0.0/8, ::1")
    monkeypatch.setenv("DAYBOOK_CORS_ORIGINS", "https://moon.example,http://localhost:3000")

    settings = load_settings()

    assert settings.schema_name == "moon_hospital"
    assert settings.rate_limit is None
    assert settings.metrics is False
    assert settings.log_level == "warning"
    assert [secret.get_secret_value() for secret in settings.secret] == [f"{LONG} 1", f"{LONG} 2"]
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert settings.cors_origins == ("https://moon.example", "http://localhost:3000")


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_DATABASE_URL", "")

    assert load_settings().is_embedded


@pytest.mark.parametrize(
    ("wrong", "instead"),
    [
        ("DAYBOOK_RATELIMIT", "Did you mean DAYBOOK_RATE_LIMIT?"),
        ("DAYBOOK_SCHEMA_NAME", "Did you mean DAYBOOK_SCHEMA?"),
        ("daybook_max_hold", "Did you mean DAYBOOK_MAX_HOLDS?"),
        ("DAYBOOK_PORT", "Say it with `daybook serve --port`, or with `make run PORT=8080`."),
        ("DAYBOOK_WORKERS", "Say it with `daybook serve --workers`."),
        ("DAYBOOK_COLOUR", "docs/settings.md lists them all."),
    ],
)
def test_an_unknown_variable_is_an_error_that_says_what_may_be_meant(
    wrong: str, instead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(wrong, "1")

    with pytest.raises(SettingsError) as error:
        load_settings()

    assert str(error.value) == f"{wrong} is not a setting of Daybook. {instead}"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DAYBOOK_SECRET", "too short", "at least 32 bytes"),
        ("DAYBOOK_SECRET", f"{LONG},too short", "at least 32 bytes"),
        ("DAYBOOK_MASTER_KEY", "not base64!", "not base64"),
        ("DAYBOOK_MASTER_KEY", b64encode(b"short").decode(), "5 bytes instead of 32"),
        ("DAYBOOK_DATABASE_URL", "mysql://moon", "only PostgreSQL"),
        ("DAYBOOK_SCHEMA", 'moon"; DROP', "cannot name a schema"),
        ("DAYBOOK_RATE_LIMIT", "0", "more than 0"),
        ("DAYBOOK_RATE_LIMIT", "nan", "more than 0"),
        ("DAYBOOK_RATE_LIMIT", "many", "number"),
        ("DAYBOOK_TRUSTED_PROXIES", "moon", "IPv4 or IPv6"),
        ("DAYBOOK_CORS_ORIGINS", "https://moon.example/page", "without a path"),
        ("DAYBOOK_QUEUE_SIZE", "1", "greater than or equal to 20"),
        ("DAYBOOK_LOG_LEVEL", "loud", "'debug', 'info'"),
        ("DAYBOOK_CLOCK_TOLERANCE", "-1", "greater than 0"),
        ("DAYBOOK_MESSAGE_URLS", "mailto://u:p@smtp.example.org", "where the customer's goes"),
        ("DAYBOOK_MESSAGE_URLS", "mailto://{email}", "behind the host"),
        ("DAYBOOK_MESSAGE_URLS", "mailto://u:p@smtp.example.org?to={phone}", "mail goes to {email}"),
        ("DAYBOOK_MESSAGE_URLS", "syslog://localhost/{email}", "begins with one of"),
        ("DAYBOOK_MESSAGE_LANGUAGE", "tlh", "there are words for de, en"),
        ("DAYBOOK_REMINDER_MINUTES", "-1", "greater than or equal to 0"),
    ],
)
def test_a_value_that_cannot_be_is_said_in_one_sentence(
    name: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as error:
        load_settings()

    assert str(error.value).startswith(f"{name} cannot be used: ")
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_wrong_with_a_secret_does_not_tell_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_SECRET", "hunter2")
    monkeypatch.setenv("DAYBOOK_MASTER_KEY", "hunter2")
    monkeypatch.setenv("DAYBOOK_MESSAGE_URLS", "mailto://u:hunter2@smtp.example.org")

    with pytest.raises(SettingsError) as error:
        load_settings()

    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://moon:hunter2%@db.example.org/bookings",
        "postgresql://moon:hunter2%zz@db.example.org/bookings",
        "postgresql://moon:a@hunter2@db.example.org/bookings",
        "postgresql://moon:a/hunter2@db.example.org/bookings",
        "postgresql://moon:1/hunter2@db.example.org/bookings",
        "postgresql://moon:hunter2/bookings",
        "postgresql://moon:a?b/hunter2@db.example.org/bookings",
        "postgresql://moon:a@b?hunter2@db.example.org/bookings",
        "postgresql://db.example.org/bookings?password=hunter2%",
        "postgresql://db.example.org/bookings?hunter2",
    ],
)
def test_a_password_that_is_not_encoded_is_told_without_it(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's library would repeat it: as what it cannot read, or as a host or port that is not there."""
    monkeypatch.setenv("DAYBOOK_DATABASE_URL", url)

    with pytest.raises(SettingsError, match=r"^DAYBOOK_DATABASE_URL cannot be used: .* percent-encoded") as error:
        load_settings()

    assert "hunter2" not in "".join(format_exception(error.value))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://moon:hunter2%25%40%2F@db.example.org/bookings",
        "postgresql://moon:hun?ter2@db.example.org/bookings?target_session_attrs=read-write",
        "postgresql://moon@db1.example.org:5432,db2.example.org/bookings",
        "postgresql://moon@[2001:db8::7]:5432/bookings",
        "postgres:///bookings?host=/run/postgresql&user=moon@example.org",
        "postgresql://?service=moon",
    ],
)
def test_an_address_of_postgresql_may_say_whatever_its_library_reads(url: str) -> None:
    assert load_settings(database_url=url).database_url == url


def test_settings_print_no_secret() -> None:
    settings = load_settings(
        secret=LONG,
        master_key=b64encode(b"k" * 32).decode(),
        database_url="postgresql://u:hunter2@h/d",
        message_urls="mailto://u:hunter2@smtp.example.org?to={email}",
    )

    printed = f"{settings!r} {settings}"

    assert LONG not in printed
    assert "hunter2" not in printed
    assert b64encode(b"k" * 32).decode() not in printed


def test_an_identity_provider_and_a_secret_exclude_each_other() -> None:
    with pytest.raises(SettingsError, match=r"either DAYBOOK_JWKS_URL or DAYBOOK_SECRET: .* HS256 is off"):
        load_settings(jwks_url="https://id.example/keys", issuer="https://id.example", secret=LONG)


def test_an_identity_provider_needs_an_issuer() -> None:
    with pytest.raises(SettingsError, match="needs DAYBOOK_ISSUER"):
        load_settings(jwks_url="https://id.example/keys")


@pytest.mark.parametrize("url", ["http://id.example/keys", "file:///keys", "https://", "keys"])
def test_keys_are_fetched_over_https_alone(url: str) -> None:
    with pytest.raises(SettingsError, match="https://"):
        load_settings(jwks_url=url, issuer="https://id.example")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/keys", "http://localhost:9/keys", "http://[::1]:9/keys"])
def test_keys_may_come_from_this_machine_without_https(url: str) -> None:
    assert load_settings(jwks_url=url, issuer="https://id.example").jwks_url == url


def test_every_setting_is_listed_with_a_description() -> None:
    listed = {entry.name: entry for entry in listed_settings()}

    assert len(listed) == len(Settings.model_fields)
    assert all(entry.description.endswith(".") for entry in listed.values())
    assert listed["DAYBOOK_SCHEMA"].default == "daybook"
    assert listed["DAYBOOK_METRICS"].default == "true"
    assert listed["DAYBOOK_RATE_LIMIT"].default == "2000"
    assert listed["DAYBOOK_SECRET"].default == ""


def test_listed_defaults_are_what_one_gets_by_setting_them(monkeypatch: pytest.MonkeyPatch) -> None:
    untouched = load_settings()
    for entry in listed_settings():
        monkeypatch.setenv(entry.name, entry.default)

    assert load_settings() == untouched


OTHERWISE = {
    "DAYBOOK_DATA": "elsewhere",
    "DAYBOOK_DATABASE_URL": "postgresql://moon/bookings",
    "DAYBOOK_SCHEMA": "moon_hospital",
    "DAYBOOK_POSTGRES_TOOLS": "/opt/postgresql",
    "DAYBOOK_SECRET": LONG,
    "DAYBOOK_JWKS_URL": "https://id.example/keys",
    "DAYBOOK_ISSUER": "https://id.example",
    "DAYBOOK_AUDIENCE": "bookings",
    "DAYBOOK_CLIENT_ID": "daybook",
    "DAYBOOK_CLIENT_SECRET": LONG,
    "DAYBOOK_SIGN_IN_SCOPE": "openid roles",
    "DAYBOOK_PUBLIC_URL": "https://book.example.org",
    "DAYBOOK_SESSION_SECRET": LONG,
    "DAYBOOK_PLACE_NAME": "Moon Hospital",
    "DAYBOOK_MASTER_KEY": b64encode(b"k" * 32).decode(),
    "DAYBOOK_ERASURES": "/kept/elsewhere.jsonl",
    "DAYBOOK_RETENTION_DAYS": "730",
    "DAYBOOK_MAX_HOLDS": "4",
    "DAYBOOK_MAX_WISHES": "4",
    "DAYBOOK_KEEP_REFUSALS_DAYS": "7",
    "DAYBOOK_KEEP_DISCLOSURES_DAYS": "7",
    "DAYBOOK_RATE_LIMIT": "off",
    "DAYBOOK_LIVE_STREAMS": "17",
    "DAYBOOK_LIVE_STREAMS_EACH": "7",
    "DAYBOOK_TRUSTED_PROXIES": "10.0.0.0/8",
    "DAYBOOK_CORS_ORIGINS": "https://moon.example",
    "DAYBOOK_OUTBOUND_NETWORKS": "10.0.0.0/8",
    "DAYBOOK_CALENDAR_MINUTES": "5",
    "DAYBOOK_CALENDAR_DAYS": "7",
    "DAYBOOK_CALENDAR_NETWORKS": "10.0.0.0/8",
    "DAYBOOK_METRICS": "false",
    "DAYBOOK_METRICS_PORT": "9100",
    "DAYBOOK_METRICS_HOST": "::1",
    "DAYBOOK_LOG_LEVEL": "error",
    "DAYBOOK_CLOCK_TOLERANCE": "2",
    "DAYBOOK_QUEUE_SIZE": "20",
    "DAYBOOK_BATCH_SIZE": "1",
    "DAYBOOK_CACHE_SIZE": "100",
    "DAYBOOK_MESSAGE_URLS": "mailtos://u:p@smtp.example.org?to={email} twilio://a:t@15550100/{phone}",
    "DAYBOOK_MESSAGE_LANGUAGE": "de",
    "DAYBOOK_REMINDER_MINUTES": "60",
    "DAYBOOK_CHECKPOINT_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "DAYBOOK_CHECKPOINT_PUBLIC_KEYS": "K9mqVtbjWAaW3X+KwTGbNvXUu8v8RpoH9nmwwtmdQGY=",
    "DAYBOOK_CHECKPOINT_URL": "https://archive.example.org/daybook",
    "DAYBOOK_CHECKPOINT_COMMAND": "keep --for-ever",
    "DAYBOOK_CHECKPOINT_MINUTES": "5",
}
"""Every setting, as it is not by default."""


@pytest.mark.parametrize("name", [entry.name for entry in listed_settings()])
def test_what_is_listed_is_the_one_variable_that_is_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = {"jwks_url": "https://id.example/keys", "issuer": "https://id.example"}
    needed = {
        "DAYBOOK_JWKS_URL": {"issuer": "https://id.example"},
        "DAYBOOK_CLIENT_ID": {**provider, "public_url": "https://book.example.org"},
        "DAYBOOK_CLIENT_SECRET": {**provider, "public_url": "https://book.example.org", "client_id": "daybook"},
    }.get(name, {})
    untouched = load_settings().model_dump()

    monkeypatch.setenv(name, OTHERWISE[name])

    changed = load_settings(**needed).model_dump()
    assert len({field for field in changed if changed[field] != untouched[field]} - needed.keys()) == 1


def test_every_variable_that_is_spoken_of_is_a_setting() -> None:
    pages = [ROOT / "README.md", ROOT / "Makefile", *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.py")]
    spoken_of = {name for page in pages for name in re.findall(rf"{PREFIX}[A-Z_]+", page.read_text())}

    assert spoken_of - {entry.name for entry in listed_settings()} == {"DAYBOOK_SCHEMA_NAME"}  # which is told not to be


def test_metrics_that_are_off_need_no_port() -> None:
    with pytest.raises(SettingsError, match="DAYBOOK_METRICS=false leaves nothing for DAYBOOK_METRICS_PORT"):
        load_settings(metrics=False, metrics_port=9100)


PROVIDER = {"jwks_url": "https://id.example/keys", "issuer": "https://id.example", "client_id": "daybook"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"client_id": "daybook"}, "DAYBOOK_CLIENT_ID needs DAYBOOK_JWKS_URL, DAYBOOK_ISSUER and DAYBOOK_PUBLIC_URL"),
        (PROVIDER, "DAYBOOK_CLIENT_ID needs DAYBOOK_JWKS_URL, DAYBOOK_ISSUER and DAYBOOK_PUBLIC_URL"),
        ({**PROVIDER, "public_url": "https://a.example", "issuer": "http://id.example"}, "https:// address"),
        ({**PROVIDER, "public_url": "https://a.example", "issuer": "id"}, "https:// address"),
        ({"client_secret": "s"}, "DAYBOOK_CLIENT_SECRET needs DAYBOOK_CLIENT_ID"),
        ({"sign_in_scope": "profile"}, "DAYBOOK_SIGN_IN_SCOPE cannot be used: without `openid`"),
        ({"session_secret": "short"}, "DAYBOOK_SESSION_SECRET cannot be used: each secret needs at least 32 bytes"),
        ({"place_name": "a" * 101}, "DAYBOOK_PLACE_NAME"),
    ],
)
def test_what_signing_in_needs_is_said(given: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(said)):
        load_settings(**given)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://book.example.org", "https://book.example.org"),
        ("https://Book.Example.org/", "https://book.example.org"),
        ("https://book.example.org:443", "https://book.example.org"),
        ("https://book.example.org:8443", "https://book.example.org:8443"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_pages_address_is_written_as_browsers_write_it(url: str, origin: str) -> None:
    assert load_settings(public_url=url).public_url == origin


@pytest.mark.parametrize(
    "url",
    [
        "http://book.example.org",
        "https://book.example.org/page",
        "https://book.example.org?a=b",
        "https://user:word@book.example.org",
        "https://",
        "https://book.example.org:port",
        "book.example.org",
        "ftp://book.example.org",
        "http://127.0.0.1.evil.example",
    ],
)
def test_an_address_that_is_no_origin_or_not_safe_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="DAYBOOK_PUBLIC_URL cannot be used: write it as"):
        load_settings(public_url=url)
