"""People's own recordings: read, examined, cut, split, and written as one dataset of sounds."""
