"""Sound as mathematics: filters, delays, envelopes, loudness. Pure numpy, no parts."""
