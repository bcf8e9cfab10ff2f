"""The training of a writer of reasons: plans of a domain, a grammar that words them, objective, what is written."""
