"""Cold items, which have no events: what they lose of the fused score where a catalogue has many of them."""

import numpy as np

from index.types import Floats

MAX_UNPENALISED_SHARE = 0.01  # of the catalogue: up to so many cold items get no penalty


def cold_penalty(popularity: Floats) -> float:
    """Log odds that a cold item loses, by the events of all items: 0 where few are cold.

    With it all cold items together are as likely as MAX_UNPENALISED_SHARE of the catalogue would be.
    """
    share = float(np.mean(popularity == 0)) if len(popularity) else 0.0
    return float(np.log(max(share / MAX_UNPENALISED_SHARE, 1.0)))
