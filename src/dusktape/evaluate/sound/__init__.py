"""Finished sound, measured beside finished tracks by people. Needs the extra `dusktape[evaluate]`."""
