"""Letters to the leaders: one each, with the headline in the letter itself and the report attached.

Sent by hand alone (`forecast send`): `forecast.runs`, and with it every scheduled run, knows nothing of this
room, and writes to the analyst only.
"""
