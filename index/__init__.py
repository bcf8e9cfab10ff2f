"""The ground floor: what can be recommended, what people did and wrote, and how it is found."""
