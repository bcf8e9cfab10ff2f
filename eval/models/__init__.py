"""The models that `eval rank` can rank with: the registry, our own models, the baselines."""
