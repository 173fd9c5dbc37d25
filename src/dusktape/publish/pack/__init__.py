"""Sample packs: one-shots, loops, chord stabs and textures that are ready to be dragged into a sampler."""
