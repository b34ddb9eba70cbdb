"""Write the files of a report besides its pages: a workbook, a long table, and the decisions in Word.

They are made from a `Result` alone; nothing is computed here.
"""

from forecast.pages.handout.sheet import Column, Sheet
from forecast.pages.handout.sheets import sheets
from forecast.pages.handout.write import BOOK, LONG, NOTICE, write
