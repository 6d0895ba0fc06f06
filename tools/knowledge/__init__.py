"""Help-centre passages, and finding the right one."""
