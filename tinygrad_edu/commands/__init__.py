"""The command ``tinygrad-edu``: one file for each of its subcommands, and what these share."""
