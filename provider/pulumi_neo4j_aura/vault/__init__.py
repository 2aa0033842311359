"""What is remembered outside Pulumi's state. So far: this machine's journal."""
