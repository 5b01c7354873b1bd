"""What the machine can do at best: modules that print JSON in a Python of their own, and their rows."""
