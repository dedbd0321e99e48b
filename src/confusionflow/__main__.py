"""`python -m confusionflow` is the command line."""

from confusionflow.cli import main

if __name__ == "__main__":
    main()
