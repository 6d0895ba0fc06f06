"""Language models: how they are reached, asked, paid for and measured."""
