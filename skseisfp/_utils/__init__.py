"""Helpers shared by all rooms; nothing here is public."""
