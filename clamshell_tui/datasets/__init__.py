"""Records to label: built in, generated, or read strictly from CSV and JSONL files."""
