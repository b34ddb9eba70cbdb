"""Forecasts in hubverse layout, of any hub: checked, combined, scored, and our own written as one."""
