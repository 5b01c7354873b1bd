"""``python -m oxmark`` is the command ``oxmark``."""

from oxmark.cli import run

if __name__ == "__main__":
    run()
