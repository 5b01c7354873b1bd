"""The local studio and the REST service: one FastAPI application, on this machine only."""
