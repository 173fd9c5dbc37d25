"""The nouns everything else is built from: seed, score, recipe, audio, track, and the plug-in registry."""
