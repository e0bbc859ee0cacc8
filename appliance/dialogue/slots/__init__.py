"""What callers tell: values read out of what was heard, and spoken back."""
