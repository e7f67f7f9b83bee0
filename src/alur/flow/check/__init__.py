"""Orders are priced, verified, held and released."""
