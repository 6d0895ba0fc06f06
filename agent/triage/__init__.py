"""Set a ticket's fields out of closed lists, and say nothing."""
