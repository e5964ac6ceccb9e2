"""Where a published file comes from: Content Credentials (C2PA), the AIGC field of GB 45438-2025, a label in sight.

The order in which a file is finished: encode with `aigc_arguments` (or `stamp` it afterwards), then `sign`, then take
its digest and publish it. Any later remux drops the credentials.
"""

from callsheet.media.provenance.aigc import aigc, aigc_arguments, read_aigc, stamp
from callsheet.media.provenance.certificate import Certificate, certificate
from callsheet.media.provenance.label import label_script
from callsheet.media.provenance.reading import ProvenanceReport, verify
from callsheet.media.provenance.record import Origin, ProvenanceRecord, prompt_digest
from callsheet.media.provenance.signing import sign, signable

__all__ = [
    "Certificate",
    "Origin",
    "ProvenanceRecord",
    "ProvenanceReport",
    "aigc",
    "aigc_arguments",
    "certificate",
    "label_script",
    "prompt_digest",
    "read_aigc",
    "sign",
    "signable",
    "stamp",
    "verify",
]
