"""Machine workers: a program or a language model in a worker's seat."""
