"""From a ticket to a decision."""
