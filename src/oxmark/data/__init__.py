"""Pictures on disk to arrays, and the drawn demo set. Pillow and NumPy, nothing heavier."""
