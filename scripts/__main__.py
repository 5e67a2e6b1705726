"""`python -m scripts` is `btcbot`."""

from scripts.cli import run

if __name__ == "__main__":
    run()
