"""Products as solids: each family a module, `model.build` the way in."""
