"""What keeps stock right: bought and made, received, given back."""
