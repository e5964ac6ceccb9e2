"""Pages for a person who must say yes or no: the storyboard of a plan, and the review of a production.

A page is one HTML file: its style, its script and its small pictures stand in it, and its Content-Security-Policy names
style and script by their digests. Videos lie beside it, linked by relative paths: a folder does as well as a server.
"""

from callsheet.review.plan_page import plan_page
from callsheet.review.production_page import review_page, write_review

__all__ = ["plan_page", "review_page", "write_review"]
