"""Writing a score: form, harmony, melody, bass, drums, and how it is performed."""
