"""The loop: observe, plan, apply. Used by the command line, the daemon and Pulumi's policies."""
