"""What every room may use: words, errors, the question asked, files, locks, workers."""
