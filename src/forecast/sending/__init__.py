"""Send a report to the leaders: one letter each, with the headline in its text and the report attached.

Only `forecast send` sends; `forecast.runs`, and so every scheduled run, cannot import this room.
"""
