"""Places: the studio, rooms and the open air."""
