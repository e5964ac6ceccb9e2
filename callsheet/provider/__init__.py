"""Video services behind one protocol: submit, poll, find, fetch, cancel."""

from callsheet.provider.catalogue import CatalogueEntry, catalogue_entry
from callsheet.provider.protocol import ClipLink, Delivery, Job, JobStatus, Provider

__all__ = ["CatalogueEntry", "ClipLink", "Delivery", "Job", "JobStatus", "Provider", "catalogue_entry"]
