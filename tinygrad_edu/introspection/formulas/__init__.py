"""Derivatives as formulas: the rules run on symbols, and what they say set as text, LaTeX and MathML."""
