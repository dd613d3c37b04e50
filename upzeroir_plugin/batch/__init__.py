"""A folder of photos restored by several processes: resumable, each photo exactly once."""
