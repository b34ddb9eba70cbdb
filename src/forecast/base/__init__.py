"""What every room may use: texts, errors, the spec of a run, files, locks, workers."""
