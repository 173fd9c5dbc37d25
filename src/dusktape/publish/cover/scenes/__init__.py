"""The scenes a cover may show, one file each."""
