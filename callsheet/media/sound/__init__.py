"""Sound made by rule: music, ambience and effects, all seeded, all float32 (samples, 2) at 48 kHz."""
