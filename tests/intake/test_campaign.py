"""A little of the campaign in each run of the suite, and all files that once broke a door.

More: ``python -m benchmarks.campaign``.
"""

import pytest
from benchmarks import campaign


@pytest.mark.parametrize("kind", campaign.KINDS)
def test_no_file_at_random_breaks_a_door(kind):
    """In another error than ours, in time, or in the data."""
    campaign.campaign(kind, 6)


def test_files_that_broke_a_door_once_are_taken_or_refused():
    """Those that the campaign kept, at every door."""
    with campaign.office() as (_, doors):
        for path in sorted(campaign.CORPUS.iterdir()):
            for name, enter in doors.items():
                campaign.knock(name, enter, path)


def test_the_campaign_sees_what_it_looks_for(tmp_path):
    """A traceback, a silence and a change of the data are told."""

    def fail(path):
        raise IndexError(path.name)

    (tmp_path / "a.csv").write_bytes(b"")
    with pytest.raises(campaign.Broken, match=r"IndexError: a\.csv"):
        campaign.knock("door", fail, tmp_path / "a.csv")
    with pytest.raises(campaign.Broken, match="has changed"), campaign.office() as (place, _):
        (place / "data" / "scores.csv").write_bytes(b"")
