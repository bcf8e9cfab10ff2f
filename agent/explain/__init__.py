"""Why an item is recommended: evidence, the writers of reasons, and the checker that judges them."""
