"""Arrays to a trained network. The only package that imports torch."""

import os

# Threads that wait for each other should soon sleep, not spin on: on a busy machine spinning makes small
# networks many times slower. Read by GNU's OpenMP when torch loads it; a value that the user has set stays.
os.environ.setdefault("GOMP_SPINCOUNT", "4000")
