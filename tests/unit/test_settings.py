import dataclasses
import pickle
from pathlib import Path

import pytest

from pulumi_neo4j_aura import settings
from pulumi_neo4j_aura.errors import Permanent
from pulumi_neo4j_aura.settings import NAMES, Credentials, Polling, Settings, load

SECRET = "canary-S3cret/+&value"
NUMBERS = ("calls_per_minute", "timeout_seconds", "poll_seconds", "gone_seconds", "look_seconds",
           "threads")  # fmt: skip

#: Setting → (a text for it, another one).
TEXTS = {
    "api_url": ("https://one.test", "https://two.test"),
    "client_id": ("one", "two"),
    "client_secret": ("secret-1", "secret-2"),
    "project_id": ("project-1", "project-2"),
    "debug": ("yes", "no"),
} | dict.fromkeys(NUMBERS, ("7", "11"))


def value(loaded, setting):
    """What a setting came to be, as text."""
    special = {
        "client_id": loaded.credentials.client_id,
        "client_secret": loaded.credentials.client_secret,
        "poll_seconds": loaded.polling.seconds,
    }
    found = special.get(setting, getattr(loaded, setting, None))
    if isinstance(found, bool):
        return "yes" if found else "no"
    return found if isinstance(found, str) else f"{found:g}"


def loaded(config=None, environ=None):
    return load((config or {}).get, environ or {})


def test_every_setting_has_a_line_in_this_table():
    """A new setting needs a test of its precedence."""
    assert set(TEXTS) == set(NAMES)


@pytest.mark.parametrize("setting", NAMES)
@pytest.mark.parametrize(
    ("explicit", "configured", "exported", "wins"),
    [
        (None, None, None, None),
        (None, 0, None, 0),
        (None, None, 1, 1),
        (None, 0, 1, 1),
        ("true", 0, 1, 0),
        ("true", None, 1, 1),
        ("true", 0, None, 0),
        ("false", 0, 1, 1),
        (None, 0, "", 0),
        ("true", "", 1, 1),
    ],
)
def test_explicit_beats_environment_beats_configuration_beats_default(
    setting, explicit, configured, exported, wins
):
    """For each setting alike; an empty text is as good as none."""
    variable, key = NAMES[setting]
    texts = TEXTS[setting]

    def text(choice):
        return choice if choice in ("", None) else texts[choice]

    config = {"explicit": explicit, key: text(configured)}
    environ = {variable: text(exported)} if exported is not None else {}
    expected = value(Settings(), setting) if wins is None else texts[wins]

    assert value(loaded(config, environ), setting) == expected


def test_without_anything_the_defaults_hold():
    """Aura's public address, no credentials, no project."""
    expected = Settings(state_dir=Path("~/.local/state/pulumi-neo4j-aura").expanduser())
    assert loaded() == expected
    assert expected.api_url == "https://api.neo4j.io"
    assert not expected.credentials.complete


def test_the_process_environment_is_read_when_none_is_given(monkeypatch):
    """The only place that reads it."""
    monkeypatch.setenv("AURA_PROJECT_ID", "project-9")
    assert load().project_id == "project-9"


@pytest.mark.parametrize("url", ["https://aura.test/", "https://aura.test//"])
def test_an_address_has_no_slash_at_its_end(url):
    """It is part of the state and compared there."""
    assert loaded(environ={"AURA_API_URL": url}).api_url == "https://aura.test"


@pytest.mark.parametrize("setting", NUMBERS)
@pytest.mark.parametrize("text", ["many", "-1", "nan", "inf", "-inf", "1e999", "0x10", "1,5"])
def test_a_text_that_is_no_number_is_refused_by_the_variable_name(setting, text):
    """Not a number, below zero or without end: the way out names the variable."""
    variable, _ = NAMES[setting]

    with pytest.raises(Permanent) as caught:
        loaded(environ={variable: text})
    assert f"Setting {variable} must be" in caught.value.message
    assert variable in caught.value.way_out


@pytest.mark.parametrize("setting", ["calls_per_minute", "threads"])
def test_counts_are_whole_numbers(setting):
    """Half a thread is a mistake."""
    with pytest.raises(Permanent):
        loaded(environ={NAMES[setting][0]: "1.5"})


def test_spans_may_have_fractions_and_be_nothing():
    """Tests against a local Aura wait for almost nothing."""
    environ = {"AURA_POLL_SECONDS": "0.05", "AURA_GONE_SECONDS": "0", "AURA_LOOK_SECONDS": "0.5"}
    found = loaded(environ=environ)
    assert found.polling == Polling(0.05, Polling().fraction)
    assert (found.gone_seconds, found.look_seconds) == (0.0, 0.5)


@pytest.mark.parametrize(
    ("text", "truth"),
    [("1", True), ("true", True), ("YES", True), (" on ", True), ("0", False), ("false", False),
     ("off", False), ("maybe", False)],
)  # fmt: skip
def test_debugging_is_on_for_the_usual_words(text, truth):
    """Anything else is off."""
    assert loaded(environ={"AURA_DEBUG": text}).debug is truth


def test_the_journal_lives_where_the_system_keeps_state():
    """XDG_STATE_HOME, or the home folder's usual place."""
    name = "pulumi-neo4j-aura"
    assert loaded(environ={"XDG_STATE_HOME": "/srv/state"}).state_dir == Path("/srv/state") / name
    assert loaded(environ={"XDG_STATE_HOME": ""}).state_dir == Path.home() / ".local/state" / name


def test_the_age_identity_comes_from_the_environment():
    """A file's name, never the key itself; blank is as good as unset."""
    assert loaded().age_identity_file is None
    assert loaded(environ={"AURA_BACKUP_AGE_IDENTITY_FILE": " "}).age_identity_file is None
    found = loaded(environ={"AURA_BACKUP_AGE_IDENTITY_FILE": "~/keys/backup.age"})
    assert found.age_identity_file == Path.home() / "keys" / "backup.age"


def test_the_age_identity_never_comes_from_stack_configuration():
    """What stands there reaches Pulumi's state, whatever the key is called."""
    found = load(lambda _key: "1", {})
    assert found.age_identity_file is None
    assert "AURA_BACKUP_AGE_IDENTITY_FILE" not in {variable for variable, _ in NAMES.values()}


def test_a_secret_never_shows():
    """Settings are logged and formatted in errors."""
    found = loaded(environ={"AURA_CLIENT_ID": "me", "AURA_CLIENT_SECRET": SECRET})
    shown = f"{found!r} {found} {found.credentials!r} {[found]}"

    assert found.credentials == Credentials("me", SECRET)
    assert SECRET not in shown
    assert "me" in shown


def test_a_wrong_number_does_not_show_a_secret_that_is_right():
    """An error names its own setting only."""
    with pytest.raises(Permanent) as caught:
        loaded(environ={"AURA_CLIENT_SECRET": SECRET, "AURA_THREADS": "x"})
    assert SECRET not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize(
    ("client_id", "secret", "complete"),
    [("", "", False), ("me", "", False), ("", SECRET, False), ("me", SECRET, True)],
)
def test_credentials_are_complete_with_both_halves(client_id, secret, complete):
    """One half is a mistake that the first call tells."""
    assert Credentials(client_id, secret).complete is complete


def test_settings_are_a_key_of_caches():
    """One client for equal settings: the rate budget must be shared."""
    one, two = loaded(), loaded()
    assert (one == two, hash(one) == hash(two)) == (True, True)
    assert pickle.loads(pickle.dumps(one)) == one
    assert dataclasses.replace(one, threads=1) != one


def test_the_names_of_all_settings_are_known_to_the_documentation():
    """In the order in which they are explained."""
    assert settings.names()[:3] == ("api_url", "credentials", "project_id")
    assert set(settings.names()) == {field.name for field in dataclasses.fields(Settings)}
