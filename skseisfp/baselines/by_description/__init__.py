"""Systems built from descriptions of them."""
