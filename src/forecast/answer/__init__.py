"""From draws to a `Result`: the tables that readers are shown, and the order of the steps."""
