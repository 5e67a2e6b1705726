"""`python -m scripts` is `btcbot`."""

from scripts.cli import main

if __name__ == "__main__":
    main()
