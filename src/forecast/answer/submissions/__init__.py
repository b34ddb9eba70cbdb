"""What the figures of departments' forms mean: who must send one and has, their bias, their spread."""

from forecast.answer.submissions.bias import Bias, learn
from forecast.answer.submissions.duties import departments, items
from forecast.answer.submissions.spread import quantiles
from forecast.answer.submissions.status import WORTH_SAYING, compare_with_models, latest, of_run, status
