"""Photos in and out: pixels, colour profile, orientation, metadata, masks. numpy only, never torch."""
