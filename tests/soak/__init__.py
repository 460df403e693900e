"""A real installation under load while its processes are killed at random; then everything is counted. `make soak`."""
