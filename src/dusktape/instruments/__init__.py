"""What plays: one file per instrument, found by name through the registry."""
