"""Doubt figures that are possible but unlikely, new ones and those already in the tables.

`scores`, `indicators`, `office`, `groups`, `years`, `wholes` and `self_scores` each judge one kind of figure,
and give a `scores.Doubt` that names its cell and the reason; `comparison` and `lists` gather those of rows to
be added, `folder` those of `forecast check`.
"""
