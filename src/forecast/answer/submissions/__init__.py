"""Departments' forms: made, read, checked, returned with comments, stored; what a form's figures mean."""

from forecast.answer.submissions.bias import Bias, learn
from forecast.answer.submissions.duties import departments, items
from forecast.answer.submissions.spread import quantiles
from forecast.answer.submissions.status import WORTH_SAYING, beside, latest, of_run, status
