"""Reports of a run: summary and comparison in the terminal, an HTML page with CSV files, charts."""
