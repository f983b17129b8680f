"""The compiled parts: numbers, arrays and tuples of them in, the same out.

Equations are numbered as in docs/how_it_works.md.
"""
