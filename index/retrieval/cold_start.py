"""What somebody without a history is offered: what is popular, until something is known of them."""

from index.retrieval.fusion import untrained_fusion
from index.retrieval.fusion_features import COLUMNS

COLD_START = untrained_fusion(COLUMNS, {"popularity": 0.6})
