"""What turns declarations into a running lake."""
