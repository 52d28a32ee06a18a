"""Takes jobs from the queue, and lets the Triton of its own pod do the work."""
import http.client
import json
import os
import urllib.request
from urllib.error import HTTPError

from celery import Celery

TRITON = "http://127.0.0.1:8000/v2/models/{model}/infer"

app = Celery("worker", broker=os.environ["BROKER_URL"], backend=os.environ["RESULTS_URL"])
app.conf.update(
    task_acks_late=True,  # a job belongs to the queue until it is done
    task_reject_on_worker_lost=True,  # also when its process was killed
    worker_prefetch_multiplier=1,  # none waits in a worker that is busy
    task_time_limit=240,  # a longer one is ended, so that `stopTimeout`, which is more, is enough for those in work
    broker_transport_options={"visibility_timeout": 900},  # Redis: after this it counts as lost, so more than the longest job
    broker_connection_retry_on_startup=True,
)


class Refused(Exception):
    """Triton has answered, and would answer the same again."""


# No answer is no fault of the job: it goes back to the queue, and is tried again after 1 s, 2 s, 4 s and so on.
@app.task(name="infer", autoretry_for=(OSError, http.client.HTTPException), max_retries=None, retry_backoff=True, retry_backoff_max=30)
def infer(model, inputs):
    """One request in the KServe protocol, version 2, which Triton speaks."""
    body = json.dumps({"inputs": inputs}).encode()
    try:
        with urllib.request.urlopen(TRITON.format(model=model), body, timeout=200) as response:
            return json.load(response)["outputs"]
    except HTTPError as error:
        if error.code == 503:  # not ready: the same as no answer
            raise
        raise Refused(error.read().decode()) from error
