"""The one table of what is asked about an answer, for the server and for the phone's script alike."""

import json
from pathlib import Path
from typing import Any

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("judging_cases.json").read_text(encoding="utf-8"))
"""`item` is a FHIR item, `entry` what the phone sends, `asks` the code of what is asked again or confirmed, or null."""
