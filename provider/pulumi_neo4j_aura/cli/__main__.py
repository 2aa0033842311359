"""`python -m pulumi_neo4j_aura.cli`: the same as `aura-backup`."""

from pulumi_neo4j_aura.cli.main import app

if __name__ == "__main__":
    app()
