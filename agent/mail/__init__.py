"""What kind of mail a message is, told by rule before any model."""
