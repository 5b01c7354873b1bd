"""The model that answers without ``--model``: O and X, made by ``make builtin``."""
