"""What a supervisor looks at: the centre now, what the next hours bring, what a shift has done."""
