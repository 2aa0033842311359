"""The reader that lies in every vault: alone, with nothing installed, the same rows as ours."""

import ast
import json
import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_neo4j_aura.domain import packstream
from pulumi_neo4j_aura.reporting.rows import json_line, row
from pulumi_neo4j_aura.reporting.typed import typed
from pulumi_neo4j_aura.vault import archive
from pulumi_neo4j_aura.vault.archive import read_archive
from pulumi_neo4j_aura.vault.store import open_store
from support import age
from support.archives import EXPORT, FOLDER, committed, parts_of
from support.values import EXAMPLES, PROPERTIES, VALUES, node, relationship

SOURCE = Path(read_archive.__file__).read_text()
NODES = [node(number, ["A", "B"], {"value": value}) for number, (value, _) in enumerate(EXAMPLES)]
NODES += [node(10**6 + number, ["Many"], {"text": f"text {number}" * 5}) for number in range(1200)]
RELATIONSHIPS = [relationship(n, n, n + 1, "NEXT", {"n": n, "x": None}) for n in range(500)]


class Vault:
    """An export in a folder, with the script beside it as a vault has it."""

    def __init__(self, root, **options):
        self.store = open_store(str(root))
        self.root = root
        for name, content in archive.companions():
            self.store.put(name, content)
        self.parts = (
            *parts_of(self.store, "nodes", NODES, limit=40_000, **options),
            *parts_of(self.store, "relationships", RELATIONSHIPS, **options),
        )
        self.manifest = committed(self.store, self.parts, recipients=options.get("to", ()))

    @property
    def export(self):
        return self.root / FOLDER

    def path(self, number=0):
        return self.root / self.parts[number].key

    def run(self, *words, path="", **variables):
        return subprocess.run(
            [sys.executable, "-I", "-S", str(self.root / "read_archive.py"), *map(str, words)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            env={"PATH": str(path), **variables},
            cwd="/",
        )


@pytest.fixture
def vault(tmp_path):
    return Vault(tmp_path / "vault")


@pytest.fixture
def programs(tmp_path):
    folder = tmp_path / "programs"
    folder.mkdir()
    return folder


def expected():
    kinds = (("nodes", NODES), ("relationships", RELATIONSHIPS))
    return [json_line(row(record, kind)) for kind, records in kinds for record in records]


def lines(done):
    assert (done.returncode, done.stderr) == (0, "")
    return split(done.stdout)


def split(text):
    """Not `splitlines`, for which a text of Neo4j may hold a line's end."""
    return text.split("\n")[:-1]


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


# --- the same values ------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "shown"), EXAMPLES, ids=repr)
def test_every_type_reads_as_it_does_with_the_tool(value, shown):
    """Two programs, one form."""
    found, end = read_archive.decode(packstream.encode([value]))
    assert json.dumps(read_archive.typed(found)) == json.dumps([shown])
    assert end == len(packstream.encode([value]))


@given(VALUES)
def test_any_value_reads_as_it_does_with_the_tool(value):
    """Whatever Neo4j may send."""
    found, _ = read_archive.decode(packstream.encode(value))
    assert json.dumps(read_archive.typed(found)) == json.dumps(typed(value))


@given(st.integers(0, 2**62), st.lists(st.text(max_size=5), max_size=3), PROPERTIES)
def test_any_row_reads_as_it_does_with_the_tool(number, labels, properties):
    """Also with a property that has the name of the type key."""
    record = node(number, labels, properties)
    names = read_archive.FIELDS["nodes"]
    assert json.dumps(read_archive._row(record, names)) == json.dumps(row(record, "nodes"))


@pytest.mark.parametrize("size", [0, 15, 16, 255, 256, 65_536])
@pytest.mark.parametrize("make", [lambda n: "x" * n, lambda n: b"x" * n, lambda n: [1] * n,
                                  lambda n: {str(i): i for i in range(n)}])  # fmt: skip
def test_every_width_of_a_length_is_read(size, make):
    """One, two and four bytes."""
    value = make(size)
    assert read_archive.decode(packstream.encode(value))[0] == value


@settings(max_examples=300)
@given(st.binary(max_size=40))
def test_noise_is_a_value_or_an_error_that_is_translated(noise):
    """Never an exception that `rows` does not turn into a sentence."""
    try:
        found, end = read_archive.decode(noise)
    except (read_archive.Problem, *read_archive._BROKEN):
        with pytest.raises(ValueError):  # noqa: PT011 - both refuse
            packstream.decode(noise)
        return
    assert (end, json.dumps(read_archive.typed(found))) == (
        packstream.decode(noise)[1],
        json.dumps(typed(packstream.decode(noise)[0])),
    )


# --- alone ----------------------------------------------------------------------------------------


def test_it_imports_the_standard_library_only_and_is_old_python():
    """Python 3.8 parses it, and it knows nothing of ours."""
    tree = ast.parse(SOURCE, feature_version=(3, 8))
    names = {each.name for node in ast.walk(tree) if isinstance(node, ast.Import) for each in
             node.names} | {
        str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
    }  # fmt: skip
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names | {"compression"}


def test_it_prints_an_export_with_nothing_installed(vault):
    """No zstd, no packages: its own decoder; nodes, then relationships."""
    assert lines(vault.run("rows", vault.export)) == expected()
    only = lines(vault.run("rows", vault.export / "manifest.json", "--kind", "relationships"))
    assert only == expected()[len(NODES) :]


def test_it_prints_one_object(vault):
    """Its manifest lies beside it, so it is checked as well."""
    first = lines(vault.run("rows", vault.path()))
    assert first == expected()[: vault.parts[0].rows]


def test_it_uses_the_zstd_program_when_there_is_one(vault, programs):
    """Fast, where the machine can."""
    stand_in = programs / "zstd"
    stand_in.write_text(
        textwrap.dedent(f"""\
            #!{sys.executable}
            import sys
            from backports import zstd
            assert sys.argv[1:] == ["-dc"]
            sys.stdout.buffer.write(zstd.decompress(sys.stdin.buffer.read()))
            open({str(programs / "used")!r}, "w").close()
            """)
    )
    stand_in.chmod(0o755)
    assert lines(vault.run("rows", vault.export, path=programs)) == expected()
    assert (programs / "used").exists()


def test_it_says_when_the_zstd_program_fails(vault, programs):
    """Half an output is no export."""
    stand_in = programs / "zstd"
    stand_in.write_text(f"#!{sys.executable}\nraise SystemExit('no luck')\n")
    stand_in.chmod(0o755)
    done = vault.run("rows", vault.export, path=programs)
    assert done.returncode == 1
    assert "zstd could not read it" in done.stderr


def test_it_uses_the_zstd_of_newer_pythons(vault, capsys, monkeypatch):
    """Which is the same module as ours under another name."""
    monkeypatch.setitem(sys.modules, "compression", type(sys)("compression"))
    monkeypatch.setattr(sys.modules["compression"], "zstd", zstd, raising=False)
    assert read_archive.main(["rows", str(vault.export)]) == 0
    assert split(capsys.readouterr().out) == expected()
    flip(vault.path(), -1)
    assert read_archive.main(["rows", str(vault.path()), "--kind", "nodes"]) == 1
    assert "its SHA-256 is another one" in capsys.readouterr().err


def test_it_lists_exports_wherever_they_were_copied(vault, tmp_path):
    """One line each; a damaged manifest is a line of its own."""
    copied = tmp_path / "elsewhere" / "copy"
    shutil.copytree(vault.export, copied)
    (copied.parent / "broken").mkdir()
    (copied.parent / "broken" / "manifest.json").write_text("{")
    found = lines(vault.run("list", copied.parent))
    assert found[0].startswith(f"{copied.parent}/broken\tDAMAGED: ")
    assert found[1].split("\t")[:5] == [
        str(copied), "shop (ab12cd34)", "2024-03-02T10:54:56+00:00", f"{len(NODES)} nodes",
        f"{len(RELATIONSHIPS)} relationships",
    ]  # fmt: skip
    assert lines(vault.run("rows", copied, "--kind", "relationships")) == expected()[len(NODES) :]


def test_its_commands_work_as_functions(vault, capsys, monkeypatch):
    """As they do as a program; here nothing but its own zstd is found."""
    monkeypatch.setenv("PATH", "")
    for words in (["verify", vault.export, "--deep"], ["list", vault.root], ["rows", vault.path()]):
        assert read_archive.main([str(word) for word in words]) == 0
    assert capsys.readouterr().out.count("ok\t") == len(vault.parts)
    vault.path().unlink()
    assert read_archive.main(["verify", str(vault.export)]) == 1
    assert read_archive.main(["rows", str(vault.root / "none")]) == 1


def test_reading_may_be_given_up(vault):
    """`| head` is no error worth a traceback."""
    command = [sys.executable, "-I", "-S", vault.root / "read_archive.py", "rows", vault.export]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.parametrize("words", [[], ["rows"], ["show", "x"], ["rows", "x", "--kind", "y"]])
def test_wrong_use_has_its_own_exit_code(vault, words):
    """2, as usual."""
    assert vault.run(*words).returncode == 2


# --- damage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("deep", [[], ["--deep"]])
def test_an_intact_export_is_said_to_be(vault, deep):
    """One line an object."""
    found = lines(vault.run("verify", vault.export, *deep))
    assert found == [f"ok\t{vault.root / part.key}" for part in vault.parts]


def test_every_damaged_object_is_named_with_the_reason(vault):
    """All of them, not the first one."""
    assert len(vault.parts) >= 3
    flip(vault.path(0), 100)
    vault.path(1).write_bytes(vault.path(1).read_bytes()[:-1])
    vault.path(-1).unlink()
    done = vault.run("verify", vault.export)
    bad = [line.split("\t") for line in done.stdout.splitlines() if line.startswith("DAMAGED")]
    assert done.returncode == 1
    assert [path for _, path, _ in bad] == [str(vault.path(n)) for n in (0, 1, -1)]
    size = vault.parts[1].stored_bytes
    assert [why for _, _, why in bad] == [
        "its SHA-256 is another one",
        f"it has {size - 1} bytes instead of {size}",
        "it is missing",
    ]


def test_damage_ends_the_rows_before_any_is_printed(vault):
    """The object's digest is compared first."""
    flip(vault.path(), 50)
    done = vault.run("rows", vault.path())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{vault.path()}: its SHA-256 is another one\n"


def swapped(vault):
    one, two = vault.parts[:2]
    return (replace(one, key=two.key, stored_bytes=two.stored_bytes,
                    stored_sha256=two.stored_sha256),)  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (swapped, "another part, or another export's"),
        (lambda vault: (replace(vault.parts[0], rows=1),), "not what the manifest says"),
        (lambda vault: (replace(vault.parts[0], plain_bytes=1),), "not what the manifest says"),
        (lambda vault: (replace(vault.parts[0], plain_sha256="0" * 64),), "not what the manifest"),
        (lambda vault: (replace(vault.parts[0], kind="relationships"),), "another part"),
    ],
)
def test_looking_deeply_finds_what_digests_of_objects_cannot(vault, changed, said):
    """A manifest that does not belong to what it names."""
    committed(vault.store, changed(vault))
    assert vault.run("verify", vault.export).returncode == 0
    deep = vault.run("verify", vault.export, "--deep")
    assert deep.returncode == 1
    assert said in deep.stdout
    assert vault.run("rows", vault.export).returncode == 1


def test_another_exports_part_is_not_taken(vault):
    """Though everything about it is right."""
    other = parts_of(vault.store, "nodes", NODES[:5], export_id="another")
    committed(vault.store, other)
    assert "another export's" in vault.run("rows", vault.export).stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no manifest"),
        ("[]", "is no manifest"),
        ('{"format": "aura-backup/export/2"}', "this script reads aura-backup/export/1"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_named(vault, text, said):
    """And a later format is told apart from damage."""
    (vault.export / "manifest.json").write_text(text)
    done = vault.run("rows", vault.export)
    assert done.returncode == 1
    assert f"{vault.export / 'manifest.json'}" in done.stderr
    assert said in done.stderr


def test_a_manifest_cannot_lead_out_of_its_folder(vault):
    """Only the last segment of a key counts, and it must be a name."""
    raw = json.loads((vault.export / "manifest.json").read_text())
    raw["parts"][0]["key"] = f"{FOLDER}/.."
    (vault.export / "manifest.json").write_text(json.dumps(raw))
    done = vault.run("rows", vault.export)
    assert (done.returncode, done.stdout) == (1, "")
    assert "names no object" in done.stderr


# --- encrypted ------------------------------------------------------------------------------------


@pytest.fixture
def key(tmp_path):
    return age.Key(tmp_path)


@pytest.fixture
def locked(tmp_path, key):
    return Vault(tmp_path / "vault", to=(key.recipient,))


def test_encrypted_objects_open_with_the_age_program(locked, key):
    """By option or by variable."""
    folder = Path(age.program()).parent
    by_option = locked.run("rows", locked.export, "--identity", key.file, path=folder)
    assert lines(by_option) == expected()
    by_variable = locked.run(
        "verify", locked.export, "--deep", path=folder,
        AURA_BACKUP_AGE_IDENTITY_FILE=str(key.file),
    )  # fmt: skip
    assert all(line.startswith("ok\t") for line in lines(by_variable))


def test_a_wrong_key_opens_nothing(locked, tmp_path):
    """The program says why, and no row is printed."""
    folder = Path(age.program()).parent
    wrong = age.Key(tmp_path, "wrong.key")
    done = locked.run("rows", locked.export, "--identity", wrong.file, path=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert locked.path().name in done.stderr
    assert wrong.secret not in done.stderr


def test_without_the_program_it_says_the_command(locked, key):
    """Exactly what to type elsewhere."""
    done = locked.run("rows", locked.export, "--identity", key.file)
    stored = str(locked.path())
    assert done.returncode == 1
    assert "the program `age`" in done.stderr
    assert f"age -d -i IDENTITY_FILE -o {stored.removesuffix('.age')} {stored}" in done.stderr


def test_without_a_key_it_says_the_option(locked, programs):
    """The program is there and nothing to open it with."""
    (programs / "age").write_text("#!/bin/sh\n")
    (programs / "age").chmod(0o755)
    assert "--identity FILE" in locked.run("rows", locked.export, path=programs).stderr


def test_objects_are_checked_without_any_key(locked):
    """Stored digests are of what lies there."""
    assert len(lines(locked.run("verify", locked.export))) == len(locked.parts)


def test_an_object_that_was_decrypted_by_hand_is_read(locked, key):
    """Beside its manifest it is compared with the digest of what is in it."""
    plain = Path(str(locked.path()).removesuffix(".age"))
    plain.write_bytes(age.decrypt(key.file, locked.path().read_bytes()))
    assert lines(locked.run("rows", plain)) == expected()[: locked.parts[0].rows]


def test_an_object_that_was_unpacked_by_hand_is_read(vault, tmp_path):
    """Far from its manifest: then nothing is compared, and that is said."""
    unpacked = tmp_path / "some.pack"
    unpacked.write_bytes(zstd.decompress(vault.path().read_bytes()))
    done = vault.run("rows", unpacked)
    assert split(done.stdout) == expected()[: vault.parts[0].rows]
    assert done.stderr == f"{unpacked}: no manifest names it, so nothing is compared\n"
    unpacked.write_bytes(unpacked.read_bytes()[:-3])
    assert "cut off" in vault.run("rows", unpacked).stderr


def test_the_export_of_the_tests_is_what_it_says(vault):
    """Several parts of nodes, so that order and numbers matter."""
    assert vault.manifest.export_id == EXPORT
    assert len(vault.manifest.of_kind("nodes")) >= 2
    assert os.access(vault.root / "read_archive.py", os.R_OK)
