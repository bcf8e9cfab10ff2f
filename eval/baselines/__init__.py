"""The recommenders of the textbooks, each a model as `eval.models` describes it, run beside ours."""
