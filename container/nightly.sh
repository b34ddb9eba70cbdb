#!/bin/sh
# Make each report when it is due.  `forecast schedule run` decides that from its own record, so that being
# asked too often, or after a time of standing still, does no harm.
set -eu
plan=/reports/schedule.json

if [ $# -gt 0 ]; then  # one command, for example: check
  exec forecast "$@"
fi
if [ ! -e "$plan" ] || [ -n "${FORECAST_PLAN_AGAIN:-}" ]; then
  set -- --every "${FORECAST_EVERY:-daily 02:00}" --until "${FORECAST_UNTIL:?YYYY-MM-DD}"
  [ -z "${FORECAST_MAIL_TO:-}" ] || set -- "$@" --mail-to "$FORECAST_MAIL_TO" --mail-from "$FORECAST_MAIL_FROM" --smtp "$FORECAST_SMTP"
  [ -z "${FORECAST_AREA:-}" ] || set -- "$@" --area "$FORECAST_AREA"
  forecast schedule install "$@" --data-dir /data --notebooks-dir /app/notebooks --reports-dir /reports --write-only /tmp/units
fi

child=
stop() { [ -z "$child" ] || kill -TERM "$child" 2>/dev/null || :; wait || :; exit 0; }
trap stop TERM INT
while :; do
  # A failed run is in the log, and the analyst was written to; the next one is not given up for it.
  forecast schedule run --reports-dir /reports & child=$!
  wait "$child" || :
  sleep "${FORECAST_LOOK_SECONDS:-600}" & child=$!
  wait "$child" || :
done
