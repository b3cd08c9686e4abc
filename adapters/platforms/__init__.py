"""The messaging platforms: one file each, all of one shape."""
