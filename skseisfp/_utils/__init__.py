"""Helpers of all subpackages; nothing here is public."""
