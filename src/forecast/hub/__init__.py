"""Check, combine and score the forecasts of any hub in hubverse layout, and write our own as one."""
