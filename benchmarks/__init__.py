"""How fast the engine is: ``python -m benchmarks`` prints tables of ratios, measured in turn in one run.

Install what is compared with ``pip install -e '.[oracle]'``; without PyTorch its columns stay empty.
"""
