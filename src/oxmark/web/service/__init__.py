"""The service for programs: pictures in, answers out, over HTTP."""
