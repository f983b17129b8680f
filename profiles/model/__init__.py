"""What models are made of, and what their operators cost."""
