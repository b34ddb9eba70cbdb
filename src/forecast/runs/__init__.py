"""Execute the notebooks of a report, check their pages, and publish all of them at once or none."""

import sys

# jsonschema, which comes with nbformat, builds a grammar of addresses if it finds this package: a second in
# which two kernels start, for a check that no notebook asks for.  Without it that check is left out.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
