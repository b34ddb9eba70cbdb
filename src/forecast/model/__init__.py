"""Models: a frozen recipe fits to a frozen result, which gives quantiles or joint draws."""
