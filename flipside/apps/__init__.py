"""What is done with apps: made, built, published, deployed, developed."""
