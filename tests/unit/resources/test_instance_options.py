"""Resource options of the component: those that a component ignores must reach the request child.

What is looked at is the request that the engine gets.
"""

import pulumi
import pytest

from pulumi_neo4j_aura import Instance, Provider
from pulumi_neo4j_aura.resources.instance import InstanceRequest
from unit.resources.registrations import COMPONENT, MINIMAL, READINESS, REQUEST, run


class Other(pulumi.ComponentResource):
    """Something else in the program."""

    def __init__(self, name, opts=None):
        super().__init__("demo:index:Other", name, None, opts)


class Real(pulumi.CustomResource):
    """Something that has a provider; a dependency on a component is one on its children."""

    def __init__(self, name):
        super().__init__("demo:index:Real", name)


def with_options(**options):
    """Register an instance with these options; a callable makes its value in the program."""

    def program(_registered):
        made = {key: value() if callable(value) else value for key, value in options.items()}
        Instance("main", **MINIMAL, opts=pulumi.ResourceOptions(**made))

    return run(program)


def requested(**options):
    """The registration of the request child."""
    return with_options(**options).of(REQUEST).request


def test_ignore_changes_reaches_the_request():
    """The inputs are the request's: on the component it would ignore nothing."""
    assert list(requested(ignore_changes=["memory"]).ignoreChanges) == ["memory"]


def test_replace_on_changes_reaches_the_request():
    """The same."""
    assert list(requested(replace_on_changes=["name"]).replaceOnChanges) == ["name"]


@pytest.mark.parametrize("value", [True, False])
def test_delete_before_replace_reaches_the_request(value):
    """A project with room for one instance only."""
    request = requested(delete_before_replace=value)
    assert request.deleteBeforeReplaceDefined
    assert request.deleteBeforeReplace is value


def test_delete_before_replace_is_left_to_the_provider_when_it_is_not_given():
    """No answer is not "no"."""
    assert not requested().deleteBeforeReplaceDefined


def test_retain_on_delete_reaches_the_request():
    """`destroy` forgets the instance and leaves it in Aura."""
    assert requested(retain_on_delete=True).retainOnDelete is True


def test_depends_on_reaches_the_request():
    """The instance is created after what it depends on, not only the component registered."""
    request = requested(depends_on=lambda: [Real("first")])
    assert any(urn.endswith("::first") for urn in request.dependencies)


def test_deleted_with_reaches_the_request():
    """What goes with something else needs no call of its own."""
    assert requested(deleted_with=lambda: Other("whole")).deletedWith.endswith("::whole")


def test_protect_reaches_the_request():
    """Pulumi's own protection, beside ours."""
    registered = with_options(protect=True)
    assert registered.of(REQUEST).request.protect is True
    assert registered.of(READINESS).request.protect is True


def test_additional_secret_outputs_are_added_to_ours():
    """Who wants the address encrypted does not lose the password's encryption."""
    names = set(requested(additional_secret_outputs=["connection_url"]).additionalSecretOutputs)
    assert names == {"password", "password_override", "connection_url"}


def test_hide_diffs_reaches_the_request():
    """The properties that are to be hidden are the request's."""
    assert list(requested(hide_diffs=["memory"]).hideDiffs) == ["memory"]


def test_replace_with_reaches_the_request():
    """The component itself is never replaced."""
    request = requested(replace_with=lambda: [Other("whole")])
    assert [urn.rpartition("::")[2] for urn in request.replace_with] == ["whole"]


def test_a_replacement_trigger_reaches_the_request():
    """The same."""
    assert requested(replacement_trigger="2026").replacement_trigger.string_value == "2026"


def explicit():
    return Provider("second", client_id="id", client_secret="secret")


@pytest.mark.parametrize(
    "options",
    [{"provider": explicit}, {"providers": lambda: [explicit()]}],
    ids=["provider", "providers"],
)
def test_an_explicit_provider_serves_both_children(options):
    """Readiness with other credentials than the request would look in another organisation."""
    registered = with_options(**options)
    for kind in (REQUEST, READINESS):
        assert "::second::" in registered.of(kind).request.provider


def test_an_explicit_provider_of_the_parent_serves_both_children():
    """As everywhere in Pulumi."""

    def program(_registered):
        parent = Other("environment", pulumi.ResourceOptions(providers=[explicit()]))
        Instance("main", **MINIMAL, opts=pulumi.ResourceOptions(parent=parent))

    registered = run(program)
    for kind in (REQUEST, READINESS):
        assert "::second::" in registered.of(kind).request.provider


def test_an_alias_of_the_component_moves_its_children_along():
    """The engine derives the children's old names where they begin with the component's."""
    registered = with_options(aliases=[pulumi.Alias(name="old")])
    component = registered.of(COMPONENT)
    assert [each.spec.name for each in component.request.aliases] == ["old"]
    for kind in (REQUEST, READINESS):
        assert registered.of(kind).name.startswith(f"{component.name}-")
        assert registered.of(kind).parent.endswith(f"::{component.name}")


def test_a_parent_is_the_component_s_parent():
    """And the children stay with the component."""

    def program(_registered):
        parent = Other("environment")
        Instance("main", **MINIMAL, opts=pulumi.ResourceOptions(parent=parent))

    registered = run(program)
    assert registered.of(COMPONENT).parent.endswith("::environment")
    assert registered.of(REQUEST).parent.endswith(f"{COMPONENT}::main")


def test_transformations_of_the_component_see_its_children():
    """The way of policy tools to look at everything."""
    seen = []

    def look(args):
        seen.append(type(args.resource))

    with_options(transformations=[look])
    assert InstanceRequest in seen


def test_the_caller_s_options_are_not_changed():
    """A whole program may use the same ones."""
    options = pulumi.ResourceOptions(ignore_changes=["memory"])
    before = dict(vars(options))

    def program(_registered):
        Instance("one", **MINIMAL, opts=options)
        Instance("two", **MINIMAL, opts=options)

    run(program)
    assert vars(options) == before


#: Options that need no way to the request, and why.
LEFT = {
    "parent": "the component's; the children's parent is the component",
    "protect": "Pulumi hands it on from parent to child",
    "provider": "Pulumi hands it on from parent to child",
    "providers": "Pulumi hands it on from parent to child",
    "aliases": "the engine derives those of children",
    "transformations": "Pulumi hands them on from parent to child",
    "transforms": "the engine runs a parent's for its children",
    "hooks": "they are the component's own: after it is created, both halves are done",
    "custom_timeouts": "dynamic providers never see them; `wait_timeout` is an input",
    "version": "a dynamic provider has none",
    "plugin_download_url": "a dynamic provider has none",
    "id": "a component cannot be looked up; adopt_instance_id takes over an instance",
    "import_": "dynamic providers cannot import; adopt_instance_id takes over an instance",
    "urn": "only for looking up what is in the state",
    "env_var_mappings": "for provider resources only",
    "state_migrations": "for provider authors, experimental",
}
REACHING = {
    "ignore_changes",
    "replace_on_changes",
    "delete_before_replace",
    "retain_on_delete",
    "depends_on",
    "deleted_with",
    "additional_secret_outputs",
    "hide_diffs",
    "replace_with",
    "replacement_trigger",
}


def test_every_option_of_this_sdk_is_thought_about():
    """A new option in a new SDK shows here first, and not at a user's."""
    options = {name for name in vars(pulumi.ResourceOptions()) if not name.startswith("_")}
    assert options - REACHING - LEFT.keys() == set()
