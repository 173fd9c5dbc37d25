"""Pages that dusktape serves on this machine."""
