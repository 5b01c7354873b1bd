"""A model file in other forms."""
