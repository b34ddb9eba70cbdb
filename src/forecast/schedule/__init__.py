"""Reports that are made by themselves: when, by which of the machine's own schedules, and what then."""
