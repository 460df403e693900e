"""A protocol on answers that patients really gave: what it would have said, beside what the one in force says."""
