"""Candidate generation: the query, the channels over FAISS, BM25 and behaviour, and their learned fusion."""
