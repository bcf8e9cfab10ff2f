"""The commands of the finetuning, one file each: its flags, and what runs it."""
