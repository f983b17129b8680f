"""What engineers change to make a model faster."""
