"""What degradations do to a photo, in torch, differentiable."""
