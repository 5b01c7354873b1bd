"""Arrays to a trained network. The only package that imports torch."""

import os

# Threads that wait should sleep, not spin: on a busy machine spinning makes small networks ten times slower.
# Read by the OpenMP runtime when torch loads it; a value that the user has set stays.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
