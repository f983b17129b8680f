"""What is given: query sizes, service curves, machines, policies and targets."""
