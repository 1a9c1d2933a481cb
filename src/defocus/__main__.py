"""``python -m defocus``: the command line, where its script is not on the path."""

from defocus.cli import main

if __name__ == "__main__":
    main()
