"""The compiled parts: plain numbers and arrays in, plain numbers and arrays out."""
