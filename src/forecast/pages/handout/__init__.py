"""What is handed out beside the pages: every figure with its range in a workbook and a long table; decisions.

Made from a `Result` alone: figures are picked and named here, none is computed.
"""

from forecast.pages.handout.sheet import Column, Sheet
from forecast.pages.handout.sheets import sheets
from forecast.pages.handout.write import BOOK, LONG, NOTICE, write
