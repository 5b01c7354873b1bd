"""Answers and truth: what one may believe."""
