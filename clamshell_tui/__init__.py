"""CLAMShell: interactive-speed data labelling with a crowd that runs on your own machines."""
