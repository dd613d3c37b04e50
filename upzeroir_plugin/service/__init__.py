"""The local service: a small HTTP process, with the pictures' work in child processes."""
