"""The compiled parts: numbers, arrays and tuples of them in, the same out."""
