"""x from y, θ and the prior."""
