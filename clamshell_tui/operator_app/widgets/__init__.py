"""What the operator's screens are made of: plain data in, messages out, no idea of an engine."""
