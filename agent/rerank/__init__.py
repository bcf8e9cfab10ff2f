"""Rerankers: BERT or GPT with LoRA over a history, their prompts, scoring and adapters on disk."""
