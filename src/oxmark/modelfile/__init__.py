"""The .onnx: preprocessing graph, network graph and metadata; write, read, check."""
