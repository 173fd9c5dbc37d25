"""Putting sounds together: strips, balance, sum and master."""
