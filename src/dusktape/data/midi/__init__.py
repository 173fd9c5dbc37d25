"""People's own MIDI files: read, examined, cleaned, split, and written as one dataset."""
