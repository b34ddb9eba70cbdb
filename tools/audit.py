"""Ask the public databases for known holes in the packages of requirements.lock: ``make audit``.

pip-audit does the asking.  It calls a package that its database does not know "skipped" and ends well, also
behind a mirror that knows no holes at all, so what it has looked at is counted here: only a package that
was looked at has passed.  Exit codes: 0 nothing known, 1 holes, 3 not (wholly) audited.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from set_up import LOCK, PYTHON, ROOT

NOT_AUDITED = 3
COMMAND = ("-m", "pip_audit", "--require-hashes", "--disable-pip", "--progress-spinner", "off", "-f", "json")


def main(arguments: list[str]) -> int:
    """Audit the lock; arguments are handed to pip-audit, say ``-s osv`` for another database."""
    command = [str(PYTHON), *COMMAND, "-r", str(LOCK), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        reason = (done.stderr.strip().splitlines() or [f"pip-audit: {done.returncode}"])[-1]
        print(
            f"Chưa kiểm tra được: không hỏi được cơ sở dữ liệu | Not audited: no database reached. {reason}"
        )
        return NOT_AUDITED
    lines, code = verdict(packages)
    print("\n".join(lines))
    return code


def verdict(packages: list[Mapping[str, Any]]) -> tuple[list[str], int]:
    """Tell what pip-audit's list of packages means, and the exit code."""
    holes = [
        f"{one['name']} {one['version']}: {hole['id']} ({', '.join(hole['fix_versions']) or '?'})"
        for one in packages
        for hole in one.get("vulns", [])
    ]
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    looked_at = len(packages) - len(skipped)
    lines = [f"Lỗ hổng đã biết (bản đã vá) | Known holes (mended in): {hole}" for hole in holes]
    if skipped or not packages:
        named = ", ".join(skipped[:5]) + (", …" if len(skipped) > 5 else "")
        lines.append(f"Chưa kiểm tra | Not audited: {len(skipped)}/{len(packages)} ({named})")
    if looked_at:
        lines.append(f"Đã kiểm tra | Audited: {looked_at}/{len(packages)}")
    return lines, 1 if holes else NOT_AUDITED if skipped or not packages else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
