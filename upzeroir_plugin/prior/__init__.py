"""What photos look like: the embedded denoiser, its tiles, and its training."""
