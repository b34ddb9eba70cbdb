"""Run many tasks: in this process, in several processes of this machine, or on a Dask cluster.

The work is one pure function of a task and of what all tasks share.  Nothing else differs between the
places it is done in: data travel, never paths, and what comes back is the same on any of them.
"""

from forecast.base.workers.contract import Done, Workers, in_order, like_map
from forecast.base.workers.local import Local, available

__all__ = ["Done", "Local", "Workers", "available", "in_order", "like_map"]
