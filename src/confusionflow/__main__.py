"""`python -m confusionflow` is the command line."""

from confusionflow.cli import main

main()
