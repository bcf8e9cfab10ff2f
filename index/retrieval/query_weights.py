"""How much each part of a query counts beside the history's fused score, in log odds."""

USER_TEXT_WEIGHT = 3.0  # that the best match of the user's words gains from each TextMatcher
DISLIKED_TEXT_PENALTY = 4.0  # that an item loses whose text is just like a disliked one's
DISLIKED_USERS_PENALTY = 6.0  # that an item loses which the same users have as a disliked one
BM25_WEIGHT = (
    0.5  # of `index search`: of BM25, as a share of the best one's, beside a cosine; docs/log.md has the numbers
)
