"""Forecasts with uncertainty of Ho Chi Minh City's PAR Index and SIPAS, and of any yearly panel."""
