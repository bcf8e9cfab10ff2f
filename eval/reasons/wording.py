"""How a reason is said: its text without titles, values, numbers and quotes."""

import re
from collections.abc import Mapping
from typing import Any

from index.data.domain import Catalogue
from index.data.records import bare_title


def wording_of(each: Mapping[str, Any], catalogue: Catalogue) -> str:
    """What is left of a recommendation's reason when everything that differs from item to item is taken out."""
    reason = each["reason"]
    ids = [each["item_id"], *(e["item_id"] for e in reason["evidence"] if e["kind"] == "history")]
    names = [catalogue.item(i).name for i in ids if i in catalogue.row_of]
    values = [str(e.get("quote") or e.get("value") or e.get("text") or "") for e in reason["evidence"]]
    text = " ".join(reason["text"].split())
    for form in sorted({*names, *map(bare_title, names), *values} - {""}, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", "_", text, flags=re.IGNORECASE)
    return re.sub(r"\d+", "#", text).casefold()
