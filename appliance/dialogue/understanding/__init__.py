"""What a caller wants: requests with their confidence."""
