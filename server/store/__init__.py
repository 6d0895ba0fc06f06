"""What the server remembers, in one schema on SQLite and on Postgres."""
