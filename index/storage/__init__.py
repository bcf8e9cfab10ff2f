"""Where files lie and how they are written: the home, atomic writes, arrays, hashes."""
