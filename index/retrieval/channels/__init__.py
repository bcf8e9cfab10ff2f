"""The channels of retrieval, one file each: item text, words, behaviour, reviews."""
