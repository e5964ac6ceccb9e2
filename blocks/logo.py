"""The blocks' picture, inside the address itself: the browser fetches nothing from elsewhere to show it."""

LOGO = (
    "data:image/svg+xml;utf8,"
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>"
    "<rect width='32' height='32' rx='6' fill='%23141a24'/>"
    "<rect x='5' y='12' width='22' height='14' rx='2' fill='%23f2b84b'/>"
    "<path d='M5 11 26 5l1 4-21 6z' fill='%23ffffff'/></svg>"
)
