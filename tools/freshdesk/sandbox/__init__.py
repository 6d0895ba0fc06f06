"""A local stand-in for the Freshdesk v2 API that shares nothing with our client."""
