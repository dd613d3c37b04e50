"""Small widgets, each of one idea; they know the session's values, never the service."""
