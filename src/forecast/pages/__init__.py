"""Words, pictures, pages and files for readers; nothing is computed here."""
