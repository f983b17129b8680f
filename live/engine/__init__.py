"""ONNX Runtime as it serves: a session a worker, what requests are fed, and the computer below."""
