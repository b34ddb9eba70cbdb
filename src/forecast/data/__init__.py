"""Read and check what is known: tables and their rules, frameworks, the data folder, tables of others."""
