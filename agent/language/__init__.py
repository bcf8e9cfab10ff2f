"""The English language as the agent reads and writes it: words, phrases, how a wish is said."""
