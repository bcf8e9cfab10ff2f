"""The recommenders of the textbooks, each a model as `eval.models.registry` describes it, run beside ours."""
