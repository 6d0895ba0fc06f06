"""What an account allows: its file, its rules, the gates of a public reply."""
