"""UP-ZeroIR: zero-shot photo restoration by one small vector of physical parameters."""

__version__ = "0.1.0"
