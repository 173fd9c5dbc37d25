"""Training: one loop for every network, readable top to bottom. Needs the extra `dusktape[train]`."""
