"""What a test lays over the app; importing it may fail, and UP may name another status than 200."""
