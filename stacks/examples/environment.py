"""A staging environment from a snapshot of a production that exists, which a policy protects."""

import pulumi

import pulumi_neo4j_aura as aura

project = pulumi.Config().require("projectId")

production = aura.find_instance(project_id=project, name="orders")

before_release = aura.Snapshot(
    "before-release",
    instance_id=production.instance_id,
    triggers={"release": "2026.11"},
)

staging = aura.Instance(
    "staging",
    project_id=project,
    name="orders-staging",
    cloud_provider="gcp",
    region="europe-west1",
    type="professional-db",
    memory="8GB",
    version="5",
    source=aura.from_snapshot(
        instance_id=production.instance_id,
        snapshot_id=before_release.snapshot_id,
    ),
    deletion_protection=False,
    wait_timeout="30m",
    opts=pulumi.ResourceOptions(ignore_changes=["memory"]),
)

vault = aura.ExportTarget("vault", url=pulumi.Config().require("vault"))

policy = aura.BackupPolicy(
    "production",
    instances=[production.instance_id],
    target=vault,
    document=aura.load_policy("production.yaml"),
)

pulumi.export("url", staging.connection_url)
pulumi.export("password", staging.password)  # a secret
pulumi.export("provenance", staging.provenance)
pulumi.export("findings", policy.findings)
