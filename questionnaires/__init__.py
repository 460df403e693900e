"""What is asked, when, and what was answered."""
