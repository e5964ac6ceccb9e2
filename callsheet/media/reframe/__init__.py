"""Where the camera looks when a work is shown in another shape: the subject found, and a crop that keeps it.

::

    look (one decoding, small pictures) -> Seen: shots and the subject's boxes -> framing (pure) -> Framing -> filters

`look` is done once for a master, unless it is only scaled; `framing` for each shape that is wanted.
"""

from __future__ import annotations

from callsheet.media.reframe.looking import look
from callsheet.media.reframe.paths import Framing, Hold, framing, same_shape
from callsheet.media.reframe.subject import Seen, Shot

__all__ = ["Framing", "Hold", "Seen", "Shot", "framing", "look", "same_shape"]
