"""Encryption: the ordinary `age` opens it, keys show nowhere, and errors keep their meaning."""

import errno
import io
import subprocess
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_neo4j_aura.errors import BadCredentials, Permanent
from pulumi_neo4j_aura.vault import encryption
from pulumi_neo4j_aura.vault.encryption import BrokenEncryption, Identities
from support import age, ssh

DATA = bytes(range(256)) * 1000


@pytest.fixture
def key(tmp_path):
    return age.Key(tmp_path)


def locked(data, *recipients, size=70_000):
    sink = io.BytesIO()
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    encryption.encrypt(pieces, sink, recipients)
    return sink.getvalue()


def opened(data, identities, size=70_000):
    sink = io.BytesIO()
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    encryption.decrypt(pieces, sink, identities, "the object")
    return sink.getvalue()


def told(caught):
    """Everything that a person or a log may get to see of an error."""
    error = caught.value
    return "".join(traceback.format_exception(error)) + repr(error) + str(error)


@pytest.mark.parametrize("size", [1, 7, 65_536, 1 << 20])
def test_what_was_encrypted_comes_back(key, size):
    """In whatever pieces it travels."""
    identities = encryption.read_identities(key.file)
    data = DATA[: 300 * size]
    assert opened(locked(data, key.recipient, size=size), identities, size) == data


@given(st.lists(st.binary(max_size=50), max_size=5))
def test_empty_pieces_are_not_the_end(tmp_path_factory, pieces):
    """An iterator may give nothing and go on."""
    key = age.Key(tmp_path_factory.mktemp("key"))
    sink = io.BytesIO()
    encryption.encrypt(iter(pieces), sink, [key.recipient])
    assert opened(sink.getvalue(), encryption.read_identities(key.file)) == b"".join(pieces)


def test_the_age_program_opens_it(key):
    """The promise: no key of ours, no program of ours."""
    assert age.decrypt(key.file, locked(DATA, key.recipient)) == DATA


def test_what_the_age_program_encrypted_opens(key):
    """The other way round."""
    done = subprocess.run(
        [age.program(), "-r", key.recipient], input=DATA, capture_output=True, check=True
    )
    assert opened(done.stdout, encryption.read_identities(key.file)) == DATA


def test_each_of_several_recipients_opens_it_alone(tmp_path):
    """Two of age and one of SSH."""
    one, two = age.Key(tmp_path, "one"), age.Key(tmp_path, "two")
    private, public = ssh.key_pair()
    (tmp_path / "ssh").write_text(private)
    data = locked(DATA, one.recipient, two.recipient, public)
    for file in (one.file, two.file, tmp_path / "ssh"):
        assert opened(data, encryption.read_identities(file)) == DATA


def test_the_age_program_opens_it_with_an_ssh_key(tmp_path):
    """A recipient of SSH is one of age's own kinds."""
    private, public = ssh.key_pair()
    file = tmp_path / "ssh"
    file.write_text(private)
    file.chmod(0o600)
    assert age.decrypt(file, locked(DATA, public)) == DATA


def test_a_file_with_several_identities_opens_with_any(tmp_path):
    """Comments and blank lines are passed over."""
    one, two = age.Key(tmp_path, "one"), age.Key(tmp_path, "two")
    both = tmp_path / "both"
    both.write_text(f"# mine\n\n{one.secret}\n  {two.secret}  \n")
    assert opened(locked(DATA, two.recipient), encryption.read_identities(both)) == DATA


# --- refusals -------------------------------------------------------------------------------------


def test_without_a_key_it_says_which_setting_is_missing(key):
    """Before a byte is read."""
    with pytest.raises(BadCredentials, match="the object is encrypted, and there is no key") as it:
        encryption.decrypt(iter(()), io.BytesIO(), Identities(), "the object")
    assert "AURA_BACKUP_AGE_IDENTITY_FILE" in it.value.way_out


def test_a_wrong_key_is_told_apart_from_damage(key, tmp_path):
    """Another key helps; another copy does not."""
    wrong = encryption.read_identities(age.Key(tmp_path, "wrong").file)
    with pytest.raises(BadCredentials, match="other recipients than the keys of") as caught:
        opened(locked(DATA, key.recipient), wrong)
    assert "the object" in told(caught)
    assert "wrong" in told(caught)


@pytest.mark.parametrize("cut", [1, 100, len(DATA) // 2, len(DATA)])
def test_what_is_cut_is_broken(key, cut):
    """Though every block that is left is authentic."""
    data = locked(DATA, key.recipient)[:-cut]
    with pytest.raises(BrokenEncryption, match="cannot be decrypted"):
        opened(data, encryption.read_identities(key.file))


@pytest.mark.parametrize("at", [0, 30, 100, 200, 1000, -1])
def test_what_was_changed_is_broken_or_has_no_key(key, at):
    """A bit in the stanza of the recipient looks like another recipient."""
    data = bytearray(locked(DATA, key.recipient))
    data[at] ^= 1
    with pytest.raises((BrokenEncryption, BadCredentials)):
        opened(bytes(data), encryption.read_identities(key.file))


@pytest.mark.parametrize("data", [b"", b"age", b"\x00" * 1000])
def test_what_is_no_age_file_is_broken(key, data):
    """And said to be."""
    with pytest.raises(BrokenEncryption):
        opened(data, encryption.read_identities(key.file))


@pytest.mark.parametrize("text", ["", "age1", "age1qqqq", "ssh-ed25519 AAAA", "someone@test", "é"])
def test_what_is_no_recipient_is_refused(text):
    """With what one looks like."""
    with pytest.raises(Permanent, match="is no age recipient") as caught:
        encryption.check_recipients([text])
    assert "age-keygen -y" in caught.value.way_out


def test_recipients_are_taken_once_each(key):
    """Order is kept, blanks around them are not."""
    private, public = ssh.key_pair()
    given_ones = [f" {key.recipient}\n", public, key.recipient]
    assert encryption.check_recipients(given_ones) == (key.recipient, public)
    assert private


# --- keys show nowhere ----------------------------------------------------------------------------


def private_texts(tmp_path):
    secret = age.Key(tmp_path).secret
    return {
        "age": secret,
        "in lower case": secret.lower(),
        "with a blank": f" {secret} ",
        "in a file": f"# created\n{secret}\n",
        "mistyped": secret[:-1],
        "ssh": ssh.key_pair()[0],
        "a passphrase": "correct horse battery staple",
    }


@pytest.mark.parametrize(
    "name",
    ["age", "in lower case", "with a blank", "in a file", "mistyped", "ssh", "a passphrase"],
)
def test_a_secret_given_as_a_recipient_is_refused_and_not_repeated(tmp_path, name):
    """Not in the message, not in the causes, not in a representation."""
    text = private_texts(tmp_path)[name]
    with pytest.raises(Permanent) as caught:
        encryption.check_recipients([text])
    shown = told(caught).upper()
    body = [line for line in text.upper().split("\n") if line and not line.startswith(("#", "--"))]
    assert all(line.strip()[-12:] not in shown for line in body)
    if name != "a passphrase":
        assert "private key was given as a recipient" in caught.value.message
        assert "known to others" in caught.value.way_out


def test_a_recipient_that_is_none_is_shown_by_its_beginning():
    """Long enough to find it, too short to be a whole secret."""
    text = "age1" + "q" * 58
    with pytest.raises(Permanent) as caught:
        encryption.check_recipients([text])
    assert "'age1qqqqqqqqqqqqqqqq'…" in caught.value.message
    assert text not in told(caught)


def test_identities_show_where_they_came_from_and_not_what_they_are(key):
    """In logs and in errors."""
    identities = encryption.read_identities(key.file)
    shown = f"{identities!r} {identities} {[identities]}"
    assert key.secret not in shown
    assert str(key.file) in shown
    assert identities
    assert not encryption.NO_IDENTITIES


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no private key"),
        (b"# only a comment\n", "holds no private key"),
        (b"AGE-SECRET-KEY-1CANARYCANARY\n", "holds no private key"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nCANARY\n-----END OPENSSH PRIVATE KEY-----\n",
         "holds no private key"),
        (b"CANARY\xff\xfe", "cannot be read (it is no text)"),
    ],
)  # fmt: skip
def test_a_file_without_a_key_is_named_and_not_repeated(tmp_path, content, said):
    """The canary is in none of it."""
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(Permanent) as caught:
        encryption.read_identities(file)
    assert said in caught.value.message
    assert str(file) in caught.value.message
    assert "CANARY" not in told(caught)


def test_a_file_that_is_not_there_is_named(tmp_path):
    """With the setting that names it."""
    with pytest.raises(Permanent, match="No such file") as caught:
        encryption.read_identities(tmp_path / "none")
    assert "AURA_BACKUP_AGE_IDENTITY_FILE" in caught.value.way_out


# --- errors of others -----------------------------------------------------------------------------


class Broken(io.BytesIO):
    """A disk that is full from the second write on."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def write(self, data):
        if self.tell():
            raise self.error
        return super().write(data)


@pytest.mark.parametrize("error", [ValueError("mine"), OSError("mine"), KeyboardInterrupt()])
def test_an_error_of_the_source_comes_out_as_it_was(key, error):
    """Whoever reads the database must see its own error."""

    def pieces():
        yield DATA
        raise error

    with pytest.raises(type(error)) as caught:
        encryption.encrypt(pieces(), io.BytesIO(), [key.recipient])
    assert caught.value is error
    data = locked(DATA, key.recipient)

    def stored():
        yield data[:-10]
        raise error

    with pytest.raises(type(error)) as caught:
        encryption.decrypt(
            stored(), io.BytesIO(), encryption.read_identities(key.file), "the object"
        )
    assert caught.value is error


def test_a_full_disk_is_no_damage(key):
    """Neither on the way in nor on the way out."""
    error = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OSError, match="No space left") as caught:
        encryption.encrypt(iter([DATA]), Broken(error), [key.recipient])
    assert caught.value is error
    data = locked(DATA, key.recipient)
    with pytest.raises(OSError, match="No space left") as caught:
        encryption.decrypt(
            iter([data]), Broken(error), encryption.read_identities(key.file), "the object"
        )
    assert caught.value is error
