"""The radio: tracks that are made while one listens, joined without a gap, and the processes that do it."""
