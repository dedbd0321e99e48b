"""The command line: a file for each group of commands."""


def main() -> None:
    """Run the command line."""
    from confusionflow.cli.app import main

    main()
