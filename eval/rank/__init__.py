"""`eval rank` and `eval compare`: protocols, running models, results and their report."""
