"""The channels of retrieval, one file each: item texts, their words, behaviour, reviews."""
