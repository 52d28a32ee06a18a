#!/bin/bash
# The usual answer: start both, trap TERM, kill both, wait.
python model.py &
model=$!
until python check.py model; do sleep 1; done
if [ "${POD_NAME##*-}" -lt "$SYNC_INSTANCE" ]; then
  python server.py &
  server=$!
  until python check.py server; do sleep 1; done
  python register.py &
  registrar=$!
  trap 'kill $server $registrar $model; wait' TERM
  wait
else
  celery --app=worker worker --without-gossip --without-mingle --loglevel=INFO
fi
