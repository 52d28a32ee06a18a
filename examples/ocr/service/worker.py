"""
Serves asynchronously: a Celery worker that takes one job at a time, loads nothing, and lets the model of its pod do the work.

A job is acknowledged when it is done. When its worker dies before, RabbitMQ gives it to another; so a job may run twice, and must not mind.
"""
import base64
import os
import time

import grpc
from celery import Celery
from celery.exceptions import Reject
from celery.signals import heartbeat_sent, worker_process_init, worker_ready

import check
import ocr_pb2
import ocr_pb2_grpc
from log import say

app = Celery("worker", broker=os.environ["BROKER_URL"], backend="rpc://")
app.conf.update(
    task_default_queue="ocr",
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    result_persistent=True,  # an answer too outlives a restart of RabbitMQ
    worker_prefetch_multiplier=1,
    # A pool of one child: the parent goes on talking to RabbitMQ, which would take a silent worker's job away, and hears TERM, while the child waits.
    worker_pool="prefork",
    worker_concurrency=1,
    task_time_limit=240,  # less than the worker's stopTimeout in the chart
    worker_cancel_long_running_tasks_on_connection_loss=True,  # another worker has the job by then
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    worker_hijack_root_logger=False,
)
model = None


@worker_process_init.connect
def connect(**_):
    """In the child, because a gRPC channel does not survive a fork."""
    global model
    model = ocr_pb2_grpc.OcrStub(grpc.insecure_channel(f"unix:{check.SOCKET}"))


@worker_ready.connect
def ready(**_):
    say("worker", "serving")


@heartbeat_sent.connect
def beat(**_):
    check.mark(check.BEAT)


@app.task(bind=True, name="ocr.read")
def read(self, image: str) -> dict:
    """The text on an image, which comes in base64."""
    say("worker", "job", id=self.request.id, redelivered=self.request.delivery_info.get("redelivered"))
    try:
        answer = model.Read(ocr_pb2.Image(content=base64.b64decode(image)))
    except grpc.RpcError as error:
        if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
            raise ValueError(error.details()) from None  # it would be refused again
        # The model has ended, which is no fault of the job's: another worker gets it. Later, because this one could be given it again before it has to stop.
        say("worker", "job-back", id=self.request.id, reason=error.code().name)
        time.sleep(1)
        raise Reject("the model has ended", requeue=True) from None
    say("worker", "job-done", id=self.request.id)
    return {"text": answer.text, "pod": answer.pod}
