"""The ground of a request's reasons: what the user knows and likes, and what other users like together."""

from agent.constraints import State
from agent.duplicates import duplicates_of
from agent.explain.evidence import Ground
from agent.explain.liked_items import rated_well
from agent.explain.quoted_reviews import QuotedReviews
from agent.explain.shared_users import users_of_items
from agent.understanding import lexicon_of
from index.data.domain import Domain
from index.data.records import History
from index.sentiment.item_sentiment import ItemSentiments


def ground_of(domain: Domain, state: State, history: History, sentiments: ItemSentiments | None = None) -> Ground:
    """What the reasons may rest on. What the talk says of an item counts for each of its ids."""
    ids, about, duplicates = domain.catalogue.ids, domain.about or {}, duplicates_of(domain)
    liked, disliked = (
        {ids[row] for row in duplicates.with_duplicates(domain.catalogue.rows_of(judged))}
        for judged in (state.liked, state.disliked)
    )
    return Ground(
        lexicon_of(domain),
        known=frozenset(ids[row] for row in history.rows),
        liked=frozenset(liked | (rated_well(domain, history) - disliked)),
        enriched_fields=frozenset(about.get("enriched_fields", ())),
        reviews={} if sentiments is None else QuotedReviews(sentiments.opinions, domain.catalogue),
        users=users_of_items(domain),
    )
