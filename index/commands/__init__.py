"""The commands of the index room, one file each: its flags, and what runs it."""
