"""What a text says, made comparable: words, numbers, links, languages; pure."""
