"""Points, criterion by criterion: what each is expected to earn, what can still be won, what if."""
