"""Makes a domain's index part by part, keeps its generations, and opens it."""
