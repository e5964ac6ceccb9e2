"""A small Monte-Carlo ray-marcher that photographs the products of the example briefs in a studio."""
