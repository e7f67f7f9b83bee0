"""The planted bugs still find their place in the code, so `bin/bugs` can plant them."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUGS = sorted((ROOT / "tests" / "bugs").glob("*.patch"))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.stem)
def test_a_bug_names_its_test_and_still_applies(bug):
    if not (ROOT / ".git").exists():
        pytest.skip("patches are checked where there is git")
    text = bug.read_text()
    named = re.search(r"^Caught by: ([^:\s]+)::(\w+)$", text, re.MULTILINE)
    assert text.startswith("What: ")
    assert named, text
    assert f"def {named[2]}(" in (ROOT / named[1]).read_text()
    checked = subprocess.run(["git", "apply", "--check", bug], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
