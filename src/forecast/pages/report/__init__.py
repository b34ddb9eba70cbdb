"""Write a Result as words and tables for readers; nothing is computed here.

Every function takes a Result and a language and gives elements of a page (`forecast.pages.markup`), which are
rendered in JupyterLab and, through `page`, become one self-contained HTML file.
"""

from forecast.pages.markup import warm
from forecast.pages.report.accounts import account, domain_passage
from forecast.pages.report.cards import cards
from forecast.pages.report.decisions import decision_lines, decision_notes, decisions, gamble_list
from forecast.pages.report.front import (
    annex,
    caveats,
    cover,
    fold,
    front_page,
    heading,
    headline,
    left_out,
    method,
    provinces,
    second_page,
)
from forecast.pages.report.letter import Letter, letter
from forecast.pages.report.page import page
from forecast.pages.report.page_context import issuer, quality_table, run_record
from forecast.pages.report.past import track_passage
from forecast.pages.report.standing import sipas, standing, survey
from forecast.pages.report.verification import last_verification, verification_files, verification_page
from forecast.pages.tables.changes import changed_rows_table, changes_table
from forecast.pages.tables.current import current_table
from forecast.pages.tables.data import (
    conflict_table,
    count_table,
    evidence_table,
    model_table,
    phrase_table,
    source_table,
    variance_table,
    word_table,
)
from forecast.pages.tables.departments import (
    department_domain_table,
    department_reasons,
    department_table,
    plan_table,
    remedy_table,
    status_table,
)
from forecast.pages.tables.forecast import assumed_table, domain_table, level_table, target_table
from forecast.pages.tables.past import (
    past_component_table,
    past_rank_table,
    past_year_table,
    period_table,
    year_table,
)
from forecast.pages.tables.scenarios import scenario_table
from forecast.pages.tables.scorecard import (
    lever_table,
    lost_table,
    projection_table,
    risk_table,
    scorecard_table,
)
from forecast.pages.tables.standing import ladder_table, path_table
