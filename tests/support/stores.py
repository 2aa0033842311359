"""Stores that misbehave on purpose. Each stands before a real one."""

from dataclasses import dataclass, field

from pulumi_neo4j_aura.errors import Transient
from pulumi_neo4j_aura.vault.store import Store


@dataclass
class Recording:
    """Remembers every call as (name, first argument)."""

    store: Store
    calls: list[tuple[str, object]] = field(default_factory=list)

    @property
    def url(self):
        return self.store.url

    def __getattr__(self, name):
        method = getattr(self.store, name)

        def call(*args, **options):
            self.calls.append((name, args[0] if args else ""))
            return self.answer(method, *args, **options)

        return call

    def answer(self, method, *args, **options):
        return method(*args, **options)


@dataclass
class Breaking(Recording):
    """Gives no answer to its nth call (from 1), with or without having done it; then it is gone."""

    at: int = 0
    done: bool = False

    def answer(self, method, *args, **options):
        if len(self.calls) < self.at:
            return method(*args, **options)
        if len(self.calls) == self.at and self.done:
            method(*args, **options)
        raise Transient("The store gave no usable answer.")


@dataclass
class Overwriting(Recording):
    """Takes no notice of If-None-Match, as some S3 look-alikes do."""

    def create(self, key, data):
        self.store.put(key, data)
        return True


@dataclass
class Forgetful(Recording):
    """Its answers to creations are lost, and the second try finds that it is there."""

    def create(self, key, data):
        self.store.create(key, data)
        return False


@dataclass
class Denying(Recording):
    """Refuses the calls that are named, with this error."""

    names: tuple[str, ...] = ()
    error: Exception = field(default_factory=lambda: Transient("The store is away."))

    def answer(self, method, *args, **options):
        if self.calls[-1][0] in self.names:
            raise self.error
        return method(*args, **options)
