"""Make reports automatically: at which times, started by which scheduler of the machine, and logged how."""
