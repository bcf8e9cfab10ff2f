"""The commands of the agent, one file each: its flags, and what runs it."""
