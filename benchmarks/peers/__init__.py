"""Other ways to the same goal, each as its users write it: one script each, in an environment without oxmark.

``python -m peers.NAME train DATA OUT`` trains on DATA (train, validation, test) and saves OUT.
``python -m peers.NAME predict MODEL PATH`` answers one picture, or all of a folder, from what was saved.

Each prints one line of JSON. ``make bench-peers`` makes the environment; benchmarks/bench.py runs them.
"""
