"""An export target: a place of the user's own, claimed as a vault. Its data is never deleted."""

from __future__ import annotations

from pulumi_neo4j_aura import bootstrap
from pulumi_neo4j_aura.errors import NotFound
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.resources.core import vaults
from pulumi_neo4j_aura.resources.core.inputs import ExportTargetInputs, normalised, validate
from pulumi_neo4j_aura.resources.core.results import Checked, Created, Diffed, Found, Gone
from pulumi_neo4j_aura.resources.core.values import Properties, Unknown, without_nones

INPUT_KEYS = frozenset(ExportTargetInputs.model_fields)


def check(_services: Services, _olds: Properties, news: Properties) -> Checked:
    """Normalise and validate; the store is not touched, because a preview must not need it."""
    inputs, failures = validate(ExportTargetInputs, news)
    if inputs is None:
        return Checked(without_nones(news), failures)
    return Checked(normalised(inputs, news))


def diff(olds: Properties, news: Properties) -> Diffed:
    """Another place is another vault; the old one stays as it is."""
    old, new = olds.get("url"), news.get("url")
    return Diffed() if isinstance(new, Unknown) or old == new else Diffed(("url",))


def create(services: Services, values: Properties) -> Created:
    """Prove that the place can be written, and make it a vault, if it is none yet.

    Raises:
        AuraError: what does not work there; exports would run into it.
    """
    inputs = ExportTargetInputs.model_validate(values)
    vault, is_new = bootstrap.claimed_vault(inputs.url)
    if not is_new:
        vault.probe()
    vault_id = vault.id()
    services.report(f"{inputs.url} is the vault {vault_id}")
    return Created(vault_id, {**values, "vault_id": vault_id})


def read(_services: Services, vault_id: str, state: Properties) -> Found | Gone:
    """Whether the vault is there. Only an answer without `vault.json` says that it is gone.

    Raises:
        AuraError: that cannot be told, or another vault lies there.
    """
    url = str(state["url"])
    vault = vaults.existing(url)
    try:
        vault.id()
    except NotFound:
        vault.store.folders("exports")  # the place answers
        return Gone(vault_id, (f"there is no vault at {url} any more",))
    vaults.same_vault(vault, vault_id)
    inputs = {key: value for key, value in state.items() if key in INPUT_KEYS}
    return Found(vault_id, dict(state), inputs)


def update(_services: Services, _id: str, state: Properties, values: Properties) -> Properties:
    """Other recipients hold for the exports that are made from now on."""
    return {**state, **values}


def delete(services: Services, vault_id: str, state: Properties) -> None:
    """Forget it. What lies there is the user's, and may be all that is left of an instance."""
    services.report(
        f"the vault {vault_id} is forgotten by Pulumi; everything at {state['url']} is kept"
    )
