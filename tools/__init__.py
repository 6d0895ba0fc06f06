"""Reading and writing a helpdesk, within its limits."""
