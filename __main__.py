"""The Pulumi program of all stacks: which environment it builds is the stack's own setting."""

from stacks import environments

environments.run()
