"""
The asynchronous entrance: a Celery worker that takes one job at a time.

A job is acknowledged when it is done. When its worker dies before, RabbitMQ gives it to another; so a job may run twice, and must not mind.
"""
import base64
import os

from celery import Celery
from celery.signals import heartbeat_sent, worker_process_init

import check
import model
from log import say

app = Celery("worker", broker=os.environ["BROKER_URL"], backend="rpc://")
app.conf.update(
    task_default_queue="ocr",
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    result_persistent=True,  # an answer too outlives a restart of RabbitMQ
    worker_prefetch_multiplier=1,
    # A pool of one child: the parent goes on talking to RabbitMQ, which would take a silent worker's job away, and hears TERM, while the child works.
    # The model is loaded in the child, because a GPU's context does not survive a fork.
    worker_pool="prefork",
    worker_concurrency=1,
    task_time_limit=240,  # less than the worker's stopTimeout in the chart
    worker_proc_alive_timeout=600,  # for the loading
    worker_cancel_long_running_tasks_on_connection_loss=True,  # another worker has the job by then
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    worker_hijack_root_logger=False,
)
loaded = None


@worker_process_init.connect
def load(**_):
    global loaded
    loaded = model.load()
    check.mark(check.LOADED)
    say("worker", "serving")


@heartbeat_sent.connect
def beat(**_):
    check.mark(check.BEAT)


@app.task(bind=True, name="ocr.read")
def read(self, image: str) -> dict:
    """The text on an image, which comes in base64."""
    say("worker", "job", id=self.request.id, redelivered=self.request.delivery_info.get("redelivered"))
    text = loaded.read(base64.b64decode(image))
    say("worker", "job-done", id=self.request.id)
    return {"text": text, "pod": os.environ["POD_NAME"]}
