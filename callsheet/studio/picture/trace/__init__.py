"""A small ray caster: solids given by distance functions, soft lights, one shaded picture with depth."""
