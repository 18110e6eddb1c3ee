"""What is kept of one SQLite database: images, what changed between them, and the way back."""
