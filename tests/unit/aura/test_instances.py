import pytest

from pulumi_neo4j_aura.aura.wire import NoAnswer
from pulumi_neo4j_aura.domain.instance import (
    CreatedInstance,
    InstanceChanges,
    InstanceSummary,
    NewInstance,
    Sizing,
)
from pulumi_neo4j_aura.errors import (
    Busy,
    LostAnswer,
    NotFound,
    Refused,
    Rejected,
    Unavailable,
)
from unit.aura.fakes import (
    PASSWORD,
    FakeHttp,
    answer,
    client_for,
    data,
    error,
    everything_in,
    instance_json,
)

NEW = NewInstance(
    project_id="project-1",
    name="orders",
    cloud_provider="gcp",
    region="europe-west1",
    type="professional-db",
    version="5",
    memory="4GB",
)
CREATED = {
    "id": "ab12cd34",
    "connection_url": "neo4j+s://ab12cd34.databases.neo4j.io",
    "username": "neo4j",
    "password": PASSWORD,
    "tenant_id": "project-1",
    "cloud_provider": "gcp",
    "region": "europe-west1",
    "type": "professional-db",
    "name": "orders",
    "created_at": "2026-01-20T13:44:42Z",
}


def test_the_list_can_be_limited_to_a_project():
    """`tenantId` is sent only if a project is named."""
    row = {"id": "ab12cd34", "name": "orders", "tenant_id": "project-1", "cloud_provider": "gcp"}
    http = FakeHttp(data([row]))
    client = client_for(http)

    assert client.instances.list() == (InstanceSummary("ab12cd34", "orders", "project-1", "gcp"),)
    client.instances.list("project-1")
    assert [call.params for call in http.calls] == [None, {"tenantId": "project-1"}]


def test_an_empty_list_is_empty():
    """`{"data": []}` is the only empty list."""
    assert client_for(FakeHttp(data([]))).instances.list() == ()


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b'{"data": null}', b'{"data": {}}', b'{"data": [', b"[]", b"null", b"<html>hi",
     b'{"data": [{"id": "a"}]}', b'{"data": [{"name": "a"}]}', b'{"data": [null]}',
     b'{"data": "text"}', b"[" * 100_000],
)  # fmt: skip
def test_a_broken_list_never_reads_as_a_list(body):
    """Empty, truncated or odd answers are repeated and end as Unavailable.

    A lost create is found by its name, so that a row without one breaks the list as well.
    """
    http = FakeHttp(answer(200, body=body))

    with pytest.raises(Unavailable, match="not understood"):
        client_for(http).instances.list()
    assert len(http.calls) == 5


def test_a_get_shows_every_field():
    """All of the v1 fields arrive, in the domain's types."""
    http = FakeHttp(
        data(
            instance_json(
                customer_managed_key_id="key-1",
                secondaries_count=2,
                cdc_enrichment_mode="FULL",
                graph_nodes="12",
                graph_relationships=34,
                surprise={"new": "field"},
            )
        )
    )
    seen = client_for(http).instances.get("ab12cd34")

    assert (seen.id, seen.status, seen.project_id) == ("ab12cd34", "running", "project-1")
    assert (seen.memory, seen.storage, seen.region) == ("4GB", "8GB", "europe-west1")
    assert (seen.secondaries_count, seen.cdc_enrichment_mode) == (2, "FULL")
    assert (seen.graph_nodes, seen.graph_relationships) == (12, 34)
    assert seen.customer_managed_key_id == "key-1"
    assert seen.created_at is not None


def test_a_get_that_answers_about_another_instance_is_not_believed():
    """A cache in between must not end a wait with another instance's status."""
    with pytest.raises(Unavailable, match="about ff000000"):
        client_for(FakeHttp(data(instance_json(id="ff000000")))).instances.get("ab12cd34")


def test_a_get_without_a_status_is_not_understood():
    """Status is what a get is for."""
    with pytest.raises(Unavailable, match="status is missing"):
        client_for(FakeHttp(data(instance_json(status=...)))).instances.get("ab12cd34")


@pytest.mark.parametrize("status", [404, 410])
def test_gone_is_not_found(status):
    """404 and 410 alike, naming the instance, with Aura's request id."""
    with pytest.raises(NotFound) as caught:
        client_for(FakeHttp(error(status, "db-not-found"))).instances.get("ab12cd34")
    assert "Instance ab12cd34" in caught.value.message
    assert (caught.value.status, caught.value.request_id) == (status, "req/1")


def test_a_create_sends_what_is_given_and_keeps_the_password():
    """None is not sent; the password is in the value and not in its repr."""
    http = FakeHttp(data(CREATED, 202))

    made = client_for(http).instances.create(NEW)

    assert isinstance(made, CreatedInstance)
    assert (made.id, made.username, made.password) == ("ab12cd34", "neo4j", PASSWORD)
    assert PASSWORD not in repr(made)
    assert http.calls[0].body == {
        "name": "orders",
        "tenant_id": "project-1",
        "cloud_provider": "gcp",
        "region": "europe-west1",
        "type": "professional-db",
        "version": "5",
        "memory": "4GB",
    }


@pytest.mark.parametrize(
    "value",
    [
        {name: text for name, text in CREATED.items() if name != "id"},
        {**CREATED, "id": None},
        {**CREATED, "id": ""},
        {**CREATED, "id": {"password": PASSWORD}},
        [CREATED],
        PASSWORD,
    ],
)
def test_a_create_without_an_id_is_a_lost_answer_and_tells_no_password(value):
    """The instance may exist and cost money; nothing of the body shows anywhere."""
    http = FakeHttp(data(value, 202))

    with pytest.raises(LostAnswer) as caught:
        client_for(http).instances.create(NEW)
    assert len(http.calls) == 1
    assert PASSWORD not in everything_in(caught.value)


def test_a_create_whose_body_is_cut_short_is_a_lost_answer_and_tells_no_password():
    """The JSON library's error carries the whole body; it must not be chained."""
    body = b'{"data": {"id": "ab12cd34", "password": "' + PASSWORD.encode()
    with pytest.raises(LostAnswer) as caught:
        client_for(FakeHttp(answer(202, body=body))).instances.create(NEW)
    assert PASSWORD not in everything_in(caught.value)


def test_a_create_without_a_password_names_the_instance():
    """So that it can be found and removed."""
    with pytest.raises(LostAnswer, match="instance ab12cd34 was created"):
        client_for(FakeHttp(data({**CREATED, "password": None}, 202))).instances.create(NEW)


def test_a_create_is_never_sent_twice():
    """A time-out may hide a success: one call, LostAnswer, the way out says to look."""
    http = FakeHttp(NoAnswer("ReadTimeout"))

    with pytest.raises(LostAnswer) as caught:
        client_for(http).instances.create(NEW)
    assert len(http.calls) == 1
    assert "look for the effect" in caught.value.way_out


def test_an_update_sends_only_what_changes():
    """PATCH with the given fields; the answer is the instance."""
    http = FakeHttp(data(instance_json(name="new", status="updating"), 202))

    seen = client_for(http).instances.update("ab12cd34", InstanceChanges(name="new"))

    assert (seen.name, seen.status) == ("new", "updating")
    assert (http.calls[0].method, http.calls[0].body) == ("PATCH", {"name": "new"})


def test_an_update_that_changes_nothing_is_refused():
    """Nothing is sent: a wait after it would never see an operation."""
    http = FakeHttp(data({}))
    with pytest.raises(Refused):
        client_for(http).instances.update("ab12cd34", InstanceChanges())
    assert http.calls == []


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_an_update_with_the_documents_empty_answer_is_followed_by_a_get(body):
    """The v1 document declares an empty 202; live ones carry the instance."""
    http = FakeHttp(answer(202, body=body), data(instance_json(status="updating")))

    seen = client_for(http).instances.update("ab12cd34", InstanceChanges(memory="8GB"))

    assert seen.status == "updating"
    assert [call.method for call in http.calls] == ["PATCH", "GET"]


def test_an_update_that_cannot_be_looked_at_afterwards_is_a_lost_answer():
    """It was accepted: "nothing was changed" would be wrong."""
    http = FakeHttp(answer(202, {}), error(503))
    with pytest.raises(LostAnswer, match="accepted the update"):
        client_for(http).instances.update("ab12cd34", InstanceChanges(memory="8GB"))


@pytest.mark.parametrize("body", [b'{"data": null}', b'{"dat', b"<html>"])
def test_an_update_with_a_broken_answer_is_a_lost_answer(body):
    """Only the document's own empty answer counts as accepted."""
    with pytest.raises(LostAnswer):
        client_for(FakeHttp(answer(202, body=body))).instances.update(
            "ab12cd34", InstanceChanges(name="x")
        )


def test_a_delete_shows_the_instance_on_its_way_out():
    """202 with the instance."""
    http = FakeHttp(data(instance_json(status="destroying"), 202))
    gone = client_for(http).instances.delete("ab12cd34")
    assert gone is not None
    assert gone.status == "destroying"
    assert http.calls[0].method == "DELETE"
    assert http.calls[0].content is None


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b'{"data": {}}'])
def test_a_delete_that_says_no_more_than_accepted_is_accepted(body):
    """The status is the answer; the body is a courtesy."""
    assert client_for(FakeHttp(answer(202, body=body))).instances.delete("ab12cd34") is None


def test_a_delete_is_repeated_after_trouble():
    """The v1 document calls repeats safe; the second answer counts."""
    http = FakeHttp(NoAnswer("ReadTimeout"), error(502), data(instance_json(), 202))
    assert client_for(http).instances.delete("ab12cd34") is not None
    assert len(http.calls) == 3


def test_a_delete_that_stays_broken_may_have_worked():
    """LostAnswer, although the last attempts never got through."""
    http = FakeHttp(NoAnswer("ReadTimeout"), error(503))
    with pytest.raises(LostAnswer):
        client_for(http).instances.delete("ab12cd34")
    assert len(http.calls) == 5


@pytest.mark.parametrize(
    ("act", "where", "body"),
    [
        (lambda it: it.pause("ab12cd34"), "pause", {}),
        (lambda it: it.resume("ab12cd34"), "resume", {}),
        (lambda it: it.overwrite("ab12cd34", "src"), "overwrite", {"source_instance_id": "src"}),
        (
            lambda it: it.overwrite("ab12cd34", "src", "snap"),
            "overwrite",
            {"source_instance_id": "src", "source_snapshot_id": "snap"},
        ),
        (lambda it: it.upgrade("ab12cd34"), "upgrade", {}),
        (
            lambda it: it.upgrade("ab12cd34", memory="8GB", storage="16GB"),
            "upgrade",
            {"memory": "8GB", "storage": "16GB"},
        ),
    ],
)
def test_operations_post_json_and_return_the_instance(act, where, body):
    """Each has a JSON body, empty if it takes none: without the content type Aura says 415."""
    http = FakeHttp(data(instance_json(status="busy-ing"), 202))

    assert act(client_for(http).instances).status == "busy-ing"
    sent = http.calls[0]
    assert (sent.method, sent.path) == ("POST", f"/v1/instances/ab12cd34/{where}")
    assert sent.body == body
    assert sent.headers["Content-Type"] == "application/json"


def test_an_upgrade_takes_both_sizes_or_none():
    """Aura's rule, refused before anything is sent."""
    with pytest.raises(Refused, match="together"):
        client_for(FakeHttp(data({}))).instances.upgrade("ab12cd34", memory="8GB")


@pytest.mark.parametrize("ids", [("", None), ("src", ""), (" ", None)])
def test_an_overwrite_from_an_empty_id_is_refused(ids):
    """An empty snapshot id would mean "take a new one" to a lenient server."""
    with pytest.raises(Refused):
        client_for(FakeHttp(data({}))).instances.overwrite("ab12cd34", *ids)


def test_an_overwrite_into_a_smaller_instance_is_rejected_and_not_repeated():
    """Aura answers 500, and it is final."""
    http = FakeHttp(error(500, message="Cannot clone database aaaa into smaller database bbbb."))
    with pytest.raises(Rejected) as caught:
        client_for(http).instances.overwrite("ab12cd34", "src")
    assert len(http.calls) == 1
    assert "Resize the destination" in caught.value.way_out


def test_a_size_is_estimated():
    """A POST that changes nothing: repeated like a read."""
    http = FakeHttp(
        error(502),
        data(
            {
                "did_exceed_maximum": False,
                "min_required_memory": "14GB",
                "recommended_size": "16GB",
            }
        ),
    )
    seen = client_for(http).instances.size(
        node_count=10, relationship_count=20, algorithm_categories=("pathfinding",)
    )
    assert seen == Sizing("16GB", "14GB", did_exceed_maximum=False)
    assert http.calls[1].path == "/v1/instances/sizing"
    assert http.calls[1].body == {
        "node_count": 10,
        "relationship_count": 20,
        "algorithm_categories": ["pathfinding"],
    }


def test_busy_is_busy():
    """409 with the code of an operation under way; not repeated here."""
    http = FakeHttp(error(409, "ongoing-database-operation", "undergoing an operation: resuming"))
    with pytest.raises(Busy, match="resuming") as caught:
        client_for(http).instances.pause("ab12cd34")
    assert len(http.calls) == 1
    assert caught.value.reason == "ongoing-database-operation"


@pytest.mark.parametrize("odd", ["", "  ", ".", "..", "..."])
@pytest.mark.parametrize("act", ["get", "delete", "pause", "resume", "upgrade", "list"])
def test_an_id_that_addresses_something_else_is_refused(act, odd):
    """An empty id would turn a get into a list."""
    http = FakeHttp(data([]))
    with pytest.raises(Refused, match="no id"):
        getattr(client_for(http).instances, act)(odd)
    assert http.calls == []
    assert http.token_calls == []


def test_an_id_stays_one_part_of_the_path():
    """Slashes, queries and percent signs in an id are data."""
    http = FakeHttp(error(404, "db-not-found"))
    with pytest.raises(NotFound):
        client_for(http).instances.get("../tenants?x=%2F#é")
    assert http.calls[0].path == "/v1/instances/..%2Ftenants%3Fx%3D%252F%23%C3%A9"
