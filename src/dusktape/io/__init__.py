"""Files: the only place that reads and writes formats."""
