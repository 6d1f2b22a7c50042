"""What the card of the default model says, measured, in tables and in pictures."""
