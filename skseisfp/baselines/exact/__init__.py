"""Systems whose layers are published."""
