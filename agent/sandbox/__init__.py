"""A local stand-in for a model's endpoint, scripted, hostile scripts included."""
