"""The open air: skies, terrain, cities and what stands in them."""
