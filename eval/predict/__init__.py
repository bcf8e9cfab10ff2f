"""`eval predict`: will this user like this item."""
