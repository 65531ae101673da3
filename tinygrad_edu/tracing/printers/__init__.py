"""Printers: they write a recorded program in a language. They know no derivatives; passes know no language."""
