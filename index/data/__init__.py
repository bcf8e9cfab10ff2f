"""What a domain is made of: items, events, reviews, histories, their tables and splits."""
