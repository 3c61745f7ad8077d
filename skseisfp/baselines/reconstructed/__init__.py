"""Systems of which only some layers are published, or that others have rebuilt."""
