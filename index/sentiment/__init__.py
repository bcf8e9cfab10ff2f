"""What people wrote: the polarity of texts, whole or about one aspect."""
