"""The operator's screen: draws what it is told, sends intents, and owns no truth."""
