"""Texts into vectors: the encoder and the model files that it is loaded from."""
