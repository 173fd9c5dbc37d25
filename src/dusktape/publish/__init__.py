"""What goes with a track into the world."""
