"""How well polarities agree with labels, and how strong baselines do."""
