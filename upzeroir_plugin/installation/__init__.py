"""Into a private environment of the user and out again. Standard library only: runs before anything is installed."""
