"""What a language's machine mail, wishes, promises and weighty words look like: data."""
