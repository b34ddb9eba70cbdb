"""Report many areas: one run for each, made by parallel workers, and a page that ranks all areas.

::

    reports/
        index.html  latest.html      the city's own, as ever
        areas/                       a folder of reports like it, one run an area
            index.html               the ranking of all areas; index.en.html in English
            ranking.csv
            <run id>/  failed/

They have a folder of their own so that 63 reports neither hide the city's in the list nor take its place as
the latest, which is what is sent.
"""
