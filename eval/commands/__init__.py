"""The commands of the evaluation, one file each: its flags, and what runs it."""
