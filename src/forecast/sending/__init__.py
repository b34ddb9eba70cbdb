"""Send a report to the leaders: one letter each, with the headline in its text and the report attached.

`letter` makes the mail, `forecast.pages.report.letter` writes its words, and `forecast.base.mail` sends it.
Only `forecast send` sends; `forecast.runs`, and so every scheduled run, cannot import this room.
"""
