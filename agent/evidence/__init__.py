"""Whether what a reply says stands in what it cites, told by code."""
