"""Music as plain rules: chords, voicings, scales, groove. Pure; knows nothing of sound."""
