"""Runs: the notebooks executed, their pages checked, and all of it published at once or not at all."""

import sys

# jsonschema, which comes with nbformat, builds a grammar of addresses if it finds this package: a second in
# which two kernels start, for a check that no notebook asks for.  Without it that check is left out.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
