"""What changes sound: one file per effect, found by name through the registry."""
