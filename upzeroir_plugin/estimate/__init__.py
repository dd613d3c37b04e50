"""What is wrong with a photo: θ and how sure we are. numpy and scipy, never torch."""
