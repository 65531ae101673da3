"""Derivatives as formulas, for `explain`: rules are run on symbols, and their answers set as text, LaTeX and MathML."""
