"""What cells are made of: each kind declared once, as a frozen noun with static formulas, in a family of its own."""
