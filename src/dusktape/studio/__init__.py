"""The one path from a recipe and a seed to sound."""
