"""Models as ONNX, both ways: what a file's operators cost, and files of the catalogue's models."""
