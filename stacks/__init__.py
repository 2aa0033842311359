"""The demo: environments of one graph, and the script behind `make up`."""
