"""`aura-backup adopt`: a downloaded file into a vault, or what exists into a Pulumi program."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_neo4j_aura.cli import places
from pulumi_neo4j_aura.cli.frame import JsonOption, clock, ending, say, services, show
from pulumi_neo4j_aura.cli.places import RecipientOption
from pulumi_neo4j_aura.domain.words import counted

if TYPE_CHECKING:
    from pulumi_neo4j_aura.domain.instance import Instance


def run(
    file: Annotated[Path | None, typer.Argument(help="A .dump, .backup or .tar of Neo4j.")] = None,
    *,
    target: Annotated[str, typer.Option(help="The vault: a folder, s3://…, az://… or gs://…")] = "",
    instance: Annotated[str, typer.Option(help="Aura's id of the instance it is of.")] = "",
    name: Annotated[str, typer.Option(help="The instance's name, for people.")] = "",
    taken_at: Annotated[
        datetime | None,
        typer.Option(help="When the data was like this (UTC); the file's own time if left out."),
    ] = None,
    recipient: RecipientOption = [],  # noqa: B006 - typer wants a list
    pulumi: Annotated[
        Path | None,
        typer.Option(
            help="Write a Pulumi program here that adopts the project's instances, and the "
            "target's vault and policies."
        ),
    ] = None,
    project: Annotated[
        str, typer.Option(help="With --pulumi: Aura's project; AURA_PROJECT_ID if left out.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Take a downloaded file into a vault; or, with --pulumi, what exists into a program."""
    with ending(as_json=as_json):
        if pulumi is not None:
            _program(pulumi, project, target, as_json=as_json)
            return
        _require(file=file, target=target, instance=instance)
        assert file is not None  # noqa: S101 - required right above
        _adopt(file, target, instance, (name, taken_at, tuple(recipient)), as_json=as_json)


def _require(**given: Any) -> None:
    from pulumi_neo4j_aura.errors import Permanent  # noqa: PLC0415 - not for `--help`

    missing = [name for name, value in given.items() if not value]
    if missing:
        raise Permanent(
            f"To adopt a file, {' and '.join(missing)} must be given.",
            way_out="aura-backup adopt FILE --target URL --instance ID",
        )


def _adopt(
    file: Path,
    target: str,
    instance: str,
    facts: tuple[str, datetime | None, tuple[str, ...]],
    *,
    as_json: bool,
) -> None:
    from pulumi_neo4j_aura.cli import bars  # noqa: PLC0415 - not for `--help`
    from pulumi_neo4j_aura.execution.exports import adopting  # noqa: PLC0415

    name, taken_at, recipients = facts
    request = adopting.FileRequest(
        path=file,
        instance_id=instance,
        instance_name=name,
        taken_at=None if taken_at is None else adopting.in_utc(taken_at),
        recipients=recipients,
    )
    with bars.shown(as_json=as_json) as progress:
        made = adopting.adopt_file(request, places.claimed(target), clock(), progress)
    if as_json:
        show({"export_id": made.export_id, "manifest": made.key, "tool": made.tool})
    else:
        typer.echo(f"adopted {file.name} as {made.export_id}")
        typer.echo(f"  {target.rstrip('/')}/{made.parts[0].key}")


# --- a program ----------------------------------------------------------------------------------


def _program(out: Path, project: str, target: str, *, as_json: bool) -> None:
    from pulumi_neo4j_aura.errors import Permanent  # noqa: PLC0415 - not for `--help`
    from pulumi_neo4j_aura.reporting import programs  # noqa: PLC0415
    from pulumi_neo4j_aura.vault import policies  # noqa: PLC0415

    found = _instances(project)
    published = policies.current(places.vault_at(target)) if target else ()
    text = programs.adopting(found, target, [each.document for each in published])
    try:
        with out.open("x") as sink:
            sink.write(text)
    except OSError as error:
        raise Permanent(
            f"{out} cannot be written ({error.strerror}); nothing was changed.",
            way_out="Name a file that does not exist yet.",
        ) from error
    if as_json:
        show({"program": str(out), "instances": [each.id for each in found]})
    else:
        say(
            f"{out} adopts {counted(len(found), 'instance')}; "
            "`pulumi preview` shows what `up` would do"
        )


def _instances(project: str) -> list[Instance]:
    from pulumi_neo4j_aura.execution import clones  # noqa: PLC0415 - not for `--help`

    here = services(lambda _line: None)
    rows = here.client.instances.list(project or here.settings.project_id or None)
    return [here.client.instances.get(r.id) for r in rows if not clones.is_clone(r.name)]
