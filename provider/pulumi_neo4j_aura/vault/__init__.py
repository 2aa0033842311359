"""What lies at a target, and this machine's journal of what it was about to do."""
