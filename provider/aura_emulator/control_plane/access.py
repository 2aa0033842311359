"""Who may see and change what."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from aura_emulator.control_plane.errors import db_not_found, tenant_not_found, unauthorized
from aura_emulator.control_plane.lifecycle import settle
from aura_emulator.control_plane.model import Credential, Instance, Project, Token

if TYPE_CHECKING:
    from aura_emulator.control_plane.aura import Aura


class Tokens:
    """The issued tokens, in memory for speed and in the store for restarts."""

    def __init__(self, aura: Aura) -> None:
        self._aura = aura
        self._tokens: dict[str, Token] = {}
        self._credentials: dict[str, Credential] = {}
        self.reload()

    def reload(self) -> None:
        """Read credentials and tokens again, after the store was changed."""
        self._credentials = {item.client_id: item for item in self._aura.store.credentials()}
        self._tokens = {item.token: item for item in self._aura.store.tokens()}

    def credential(self, client_id: str, secret: str) -> Credential | None:
        """The credential with this id and secret."""
        found = self._credentials.get(client_id)
        if found is None or not secrets.compare_digest(found.secret.encode(), secret.encode()):
            return None
        return found

    def issue(self, credential: Credential) -> Token:
        """A new token; earlier ones stay valid."""
        expires_at = self._aura.clock.real() + self._aura.switches.token_seconds
        token = Token(secrets.token_urlsafe(48), credential.client_id, expires_at)
        self._aura.store.put_token(token)
        self._tokens[token.token] = token
        return token

    def holder(self, token: str) -> tuple[Credential, bool] | None:
        """The credential a token belongs to and whether the token is still valid."""
        known = self._tokens.get(token)
        credential = None if known is None else self._credentials.get(known.client_id)
        if known is None or credential is None:
            return None
        return credential, self._aura.clock.real() < known.expires_at

    def expire(self) -> None:
        """End every issued token now."""
        self._aura.store.expire_tokens(self._aura.clock.real())
        self.reload()


def may_change(credential: Credential) -> None:
    """Refuse a role that only reads."""
    if not credential.changes:
        raise unauthorized()


def project(aura: Aura, credential: Credential, project_id: str) -> Project:
    """A project that the credential sees."""
    found = aura.store.project(project_id)
    if found is None:
        raise tenant_not_found()
    if not credential.sees(project_id):
        raise unauthorized() if aura.switches.foreign_status == 403 else tenant_not_found()  # noqa: PLR2004
    return found


def instance(aura: Aura, credential: Credential, instance_id: str) -> Instance:
    """An instance that the credential sees, brought up to date."""
    found = existing(aura, instance_id)
    if not credential.sees(found.project_id):
        raise unauthorized() if aura.switches.foreign_status == 403 else db_not_found(instance_id)  # noqa: PLR2004
    return found


def existing(aura: Aura, instance_id: str) -> Instance:
    """An instance, whoever asks, brought up to date."""
    found = aura.store.instance(instance_id)
    if found is not None and found.deleted_at is None:
        found = settle(aura, found)
    if found is None or found.deleted_at is not None:
        raise db_not_found(instance_id)
    return found


def listed(aura: Aura, credential: Credential, project_id: str | None) -> list[Project]:
    """The projects whose instances a list shows."""
    visible = [item for item in aura.store.projects() if credential.sees(item.id)]
    if project_id is None:
        return visible
    chosen = [item for item in visible if item.id == project_id]
    if not chosen and aura.switches.unknown_project_list != "empty":
        status = int(aura.switches.unknown_project_list)
        raise unauthorized() if status == 403 else tenant_not_found()  # noqa: PLR2004
    return chosen
