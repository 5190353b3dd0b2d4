"""One screen per phase of a worker's life, and the few that are laid over them."""
