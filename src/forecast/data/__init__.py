"""What is known: tables and their rules, frameworks, the one door to ``data/``, tables of others."""
